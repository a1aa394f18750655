import { z } from 'zod';
import type { Actor } from './access.ts';
import { name } from './names.ts';
import { duration, sayDuration } from './units.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

/** Who has to approve a release before anything of it runs. */
export const approvalSchema = z
  .strictObject({
    by: z.array(name).min(1).max(20).describe('groups whose members may approve and deny'),
    count: z.int().min(1).max(10).default(1).describe('how many of them have to approve'),
    expires: duration(minute, 30 * day)
      .prefault('4h')
      .describe('how long the question stands; then the release has expired, and nothing has run'),
    self: z.boolean().default(false).describe('true: who asked for the release may approve it, too'),
  })
  .describe('people who have to approve a deploy, or the raising of a flag, before anything runs');

export type ApprovalBlock = z.output<typeof approvalSchema>;

/** As a runbook carries it: part of what is hashed, and so of what is approved. */
export type ApprovalPlan = {
  readonly by: readonly string[];
  readonly count: number;
  readonly expiresMs: number;
  readonly self: boolean;
};

export const approvalPlan = ({ by, count, expires, self }: ApprovalBlock): ApprovalPlan => ({
  by,
  count,
  expiresMs: expires,
  self,
});

export const approvalAnswers = ['approve', 'deny'] as const;
export type ApprovalAnswer = (typeof approvalAnswers)[number];

/** What has been asked, and what was answered so far. */
export type Asked = {
  readonly plan: ApprovalPlan;
  /** Who asked for the release; `null`: nobody knows. */
  readonly requester: Actor | null;
  /** Ids of the actors who have approved. */
  readonly given: readonly string[];
};

/**
 * Why the actor may not give that answer; `null`: it may. The operator stands for any group, but nobody counts twice,
 * and nobody approves what they asked for themselves unless the file says so.
 */
export const refuseAnswer = (
  { plan, requester, given }: Asked,
  actor: Actor,
  answer: ApprovalAnswer,
): string | null => {
  if (actor.unsure === true)
    return `Can not ${answer}: the groups of ${actor.id} can not be looked up now; until then it may abort, and nothing else.`;
  const member = actor.via === 'operator' || plan.by.some((group) => actor.groups.includes(group));
  if (!member) {
    const who = plan.by.length === 0 ? 'the operator' : `${plan.by.join(', ')} or the operator`;
    return `Can not ${answer}: only ${who} may ${answer} here.`;
  }
  if (answer === 'deny') return null;
  if (requester?.id === actor.id && !plan.self)
    return `Can not approve: ${actor.id} asked for it; somebody else of ${plan.by.join(', ')} has to approve it.`;
  if (given.includes(actor.id))
    return `Can not approve: ${actor.id} has approved already; ${sayGiven({ plan, given })}.`;
  return null;
};

/** `1 of 2 approvals by release-managers`. */
export const sayGiven = ({ plan, given }: Pick<Asked, 'plan' | 'given'>): string =>
  `${String(given.length)} of ${sayWanted(plan)}`;

/** `2 approvals by release-managers`. */
export const sayWanted = ({ by, count }: ApprovalPlan): string =>
  `${String(count)} ${count === 1 ? 'approval' : 'approvals'} by ${by.join(', ')}`;

/** For the plan and the playbook: one sentence. */
export const sayApproval = (plan: ApprovalPlan): string =>
  `Before anything runs: ${sayWanted(plan)} within ${sayDuration(plan.expiresMs)}${plan.self ? '' : ', none of them by who asks'}; denied or not answered, nothing happens.`;
