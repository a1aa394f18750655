import { setTimeout as delay } from 'node:timers/promises';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { v7 as uuidv7 } from 'uuid';
import type { Problem } from '../../runbooks/errors.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import type { LedgerEvent } from '../../runbooks/events.ts';
import { isOpen, states } from '../../runbooks/state.ts';
import type { RolloutInput } from '../../workflows/contract.ts';
import { plannedUpdate } from '../../workflows/messages.ts';
import type { rollout } from '../../workflows/rollout.ts';
import { searchAttributes } from '../../workflows/status.ts';
import type { RolloutView } from '../store/views.ts';
import type { RolloutsDeps } from './deps.ts';
import { planMsOf } from './deps.ts';
import { rolloutWorkflowId } from '../../workflows/ids.ts';
import { bodyHash, makeInput, refuseStart } from './input.ts';
import { lastRun } from './runs.ts';
import type { StartAnswer } from './requests.ts';
import { isUnanswered, refusalOf } from './temporal-errors.ts';
import { waitTurn } from './queue.ts';
import type { Wanted } from './wanted.ts';

/**
 * Starts a rollout: remembers the request in the ledger, then starts the workflow under the lock's id and returns its
 * runbook. The same key gives the same rollout, also when this process died in between. `before` is done once the actor
 * is known to be allowed.
 */
export const start = async (
  deps: RolloutsDeps,
  wanted: Omit<Wanted, 'rolloutId'>,
  key: string | null,
  before: () => Promise<void> = async () => undefined,
): Promise<StartAnswer> => {
  const minted = uuidv7();
  const input = await makeInput(deps, { ...wanted, rolloutId: minted });
  const first = requested(input);
  const stranger = refuseStart(input);
  if (stranger !== null) throw await recordStranger(deps, first, stranger);
  await before();
  const { rolloutId, fresh } = await deps.ledger.requestAndRemember(
    key ?? minted,
    bodyHash({ ...wanted, environment: input.environment, rolloutId: '' }),
    first,
  );
  if (!fresh) {
    const known = await begun(deps, input, rolloutId);
    if (known !== null) return known;
  }
  const own = { ...input, rolloutId };
  return run(deps, own, !fresh, async (problem) => {
    const instead = (await waitTurn(deps, own, wanted, problem)) ?? problem;
    if ('outcome' in instead) return instead;
    throw await refused(deps, own, instead);
  });
};

const requested = (input: RolloutInput): LedgerEvent => ({
  rolloutId: input.rolloutId,
  id: 'face/requested',
  at: input.requestedAt,
  actor: input.actor,
  body: {
    type: 'requested',
    kind: input.kind,
    service: input.service.service,
    environment: input.environment,
    version: versionWord(input),
    of: input.of,
    files: input.files.map(({ path, sha256 }) => ({ path, sha256 })),
    ...(input.hotfix === undefined ? {} : { hotfix: input.hotfix }),
  },
  texts: {
    ...(input.reason === null ? {} : { reason: input.reason }),
    ...Object.fromEntries((input.overrides ?? []).map(({ check, reason }) => [`override.${check}`, reason])),
  },
});

/** Until the runbook says which version it is. */
const versionWord = ({ version, flag }: RolloutInput): string =>
  flag === undefined ? (version ?? 'last good') : `${flag.name} ${String(flag.percent)} %`;

/** What became of a request that was made before; `null`: it was never started. */
const begun = async (
  deps: RolloutsDeps,
  input: RolloutInput,
  rolloutId: string,
): Promise<StartAnswer | null> => {
  const view = await deps.ledger.rollout(rolloutId);
  if (view?.state === 'queued') {
    const queued = await deps.ledger.queue.of(rolloutId);
    if (queued === null) return { outcome: 'not-confirmed', rolloutId, repeated: true };
    const { mode, behind } = queued;
    return { outcome: 'queued', rolloutId, repeated: true, mode, behind };
  }
  if (view !== null && view.state !== 'requested' && view.state !== 'planning') return fromLedger(deps, view);
  const notYet = { outcome: 'not-confirmed', rolloutId, repeated: true } as const;
  try {
    // The ledger may lag behind a run that is there.
    const last = await lastRun(deps, input.environment, input.service.service);
    return last?.rolloutId === rolloutId ? notYet : null;
  } catch (error) {
    if (isUnanswered(error)) return notYet;
    throw error;
  }
};

const fromLedger = async (deps: RolloutsDeps, view: RolloutView): Promise<StartAnswer> => {
  const runbook = await deps.ledger.runbook(view.id);
  if (runbook === null || view.hash === null || view.epoch === null) {
    const ended =
      view.sentence === null ? [] : [{ code: 'COMMAND_REFUSED', message: view.sentence } as const];
    const problems = view.problems.length === 0 ? ended : view.problems;
    return { outcome: 'refused', rolloutId: view.id, repeated: true, problems };
  }
  return {
    outcome: 'accepted',
    rolloutId: view.id,
    repeated: true,
    prepared: { ok: true, runbook, hash: view.hash, epoch: view.epoch, warnings: view.warnings, keep: null },
  };
};

const startOperation = (
  deps: RolloutsDeps,
  input: RolloutInput,
): WithStartWorkflowOperation<typeof rollout> => {
  const { rolloutId, environment } = input;
  const { service } = input.service;
  const version = versionWord(input);
  return new WithStartWorkflowOperation<typeof rollout>('rollout', {
    workflowId: rolloutWorkflowId(environment, service),
    taskQueue: deps.settings.queues.main,
    workflowIdConflictPolicy: 'USE_EXISTING',
    args: [input],
    memo: { rolloutId, kind: input.kind },
    typedSearchAttributes: [
      { key: searchAttributes.service, value: service },
      { key: searchAttributes.environment, value: environment },
      { key: searchAttributes.version, value: version },
    ],
    staticSummary: `${input.kind} ${service} ${version} in ${environment}`,
    staticDetails: `rollout \`${rolloutId}\`, asked for by ${input.actor.id} (${input.actor.via})`,
  });
};

/** Starts it under the lock; `locked` says what becomes of it where another one holds that. */
export const run = async <Locked>(
  deps: RolloutsDeps,
  input: RolloutInput,
  repeated: boolean,
  locked: (problem: Problem) => Promise<Locked>,
): Promise<StartAnswer | Locked> => {
  const { rolloutId } = input;
  const deadline = Date.now() + planMsOf(deps);
  for (;;) {
    try {
      const answer = await deps.client.withDeadline(deadline, () =>
        deps.client.workflow.executeUpdateWithStart(plannedUpdate, {
          startWorkflowOperation: startOperation(deps, input),
          args: [{ rolloutId }],
          updateId: `planned/${rolloutId}`,
        }),
      );
      if (answer.ok) return { outcome: 'accepted', rolloutId, repeated, prepared: answer };
      return { outcome: 'refused', rolloutId, repeated, problems: answer.problems };
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal !== null && isLettingGo(refusal) && Date.now() + againMs < deadline) {
        await delay(againMs);
        continue;
      }
      if (refusal?.code === 'ROLLOUT_LOCKED') return locked(refusal);
      if (refusal !== null) throw await refused(deps, input, refusal);
      if (!isUnanswered(error)) throw error;
      deps.log.warn({ rolloutId, error: String(error) }, 'the start is not confirmed yet');
      return { outcome: 'not-confirmed', rolloutId, repeated };
    }
  }
};

const againMs = 100;

/** Whoever holds the lock has ended, and only tells the ledger of it: the lock is free in a moment. */
const isLettingGo = ({ code, details }: Problem): boolean => {
  const held = states.find((state) => state === details?.['state']);
  return code === 'ROLLOUT_LOCKED' && held !== undefined && !isOpen(held);
};

/** Who asked and may not stands in the ledger, as a rollout that ended before it began; its key is not used up. */
const recordStranger = async (
  deps: RolloutsDeps,
  first: LedgerEvent,
  problem: Problem,
): Promise<SluiceError> => {
  await deps.ledger.append([first, ...endOf(first.rolloutId, problem)]);
  return new SluiceError(problem);
};

/** Somebody else holds the lock: this rollout ends before it began, and says where the other one is. */
const refused = async (deps: RolloutsDeps, input: RolloutInput, problem: Problem): Promise<SluiceError> => {
  const other = problem.details?.['rolloutId'];
  const where = typeof other === 'string' ? other : input.service.service;
  const told: Problem = { ...problem, hint: `See it with: sluice status ${where}` };
  await deps.ledger.append(endOf(input.rolloutId, told));
  return new SluiceError(told);
};

/** The end of a rollout that was refused here and never reached Temporal. */
const endOf = (rolloutId: string, problem: Problem): readonly LedgerEvent[] => {
  const common = { rolloutId, at: new Date().toISOString(), actor: null, texts: {} };
  return [
    { ...common, id: 'face/refused', body: { type: 'refused', problems: [problem] } },
    { ...common, id: 'face/closed', body: { type: 'closed', state: 'refused', sentence: problem.message } },
  ];
};
