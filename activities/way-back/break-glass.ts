import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Problem } from '../../runbooks/errors.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import type { Action, Release, TargetState } from '../../runbooks/runbook.ts';
import { epochSpan } from '../../workflows/fences.ts';
import { replaceFile } from '../replace-file.ts';
import type { ArtifactContent, Target } from '../targets/target.ts';
import { weightOf } from '../../runbooks/traffic.ts';
import { readWayBack } from './stored.ts';
import type { StoredWayBack } from './stored.ts';

export type Glass = {
  readonly target: Target;
  readonly service: string;
  readonly environment: string;
  readonly reason: string;
  readonly who: string;
  /** Artifact of a release that has to be started again. */
  readonly content: (release: Release) => Promise<ArtifactContent>;
  readonly clock: () => number;
};

type Done = { readonly action: Action; readonly outcome: 'done' | 'left' | Problem; readonly at: string };
export type GlassReport = {
  readonly file: string;
  readonly stored: StoredWayBack;
  readonly done: readonly Done[];
  readonly state: TargetState;
};

/** How long what was started again may take to become ready, and a target that is away to come back. */
const patienceMs = 60_000;
const againMs = 500;

/**
 * The way back that a rollout left beside the target, without Temporal and without the ledger. It leaves the highest
 * fence there, so that nothing the rollout still writes can land after it, and a file that says what was done. Safe to
 * repeat: each time it begins above the highest fence.
 *
 * @throws SluiceError NO_WAY_BACK, TARGET_FENCED (a later rollout has written since: this way back is not its)
 */
export const breakGlass = async (glass: Glass): Promise<GlassReport> => {
  const { target, service, environment } = glass;
  const file = target.wayBackFile?.(service) ?? null;
  if (file === null) {
    throw new SluiceError({
      code: 'NO_WAY_BACK',
      message: 'Nothing can be kept beside this kind of target.',
      hint: 'Its own tool is the way: `sluice playbook` has the commands.',
    });
  }
  const stored = await readWayBack(file, service, environment);
  const before = await target.observe(service);
  if (Math.floor(before.fence / epochSpan) > Math.floor(stored.fence / epochSpan)) {
    throw new SluiceError({
      code: 'TARGET_FENCED',
      message: `A later rollout has written to ${service} since ${stored.rolloutId}, which left this way back.`,
      hint: 'It ran without a step that leaves one, such as a rollback: move the traffic by the target’s own means.',
    });
  }
  const first = Math.max(stored.fence, before.fence + 1);
  const done: Done[] = [];
  for (const [i, action] of withOld(stored, before).entries()) {
    const outcome = await carryOut(glass, action, { rolloutId: stored.rolloutId, fence: first + i });
    done.push({ action, outcome, at: new Date(glass.clock()).toISOString() });
    if (outcome !== 'done' && outcome !== 'left') break;
  }
  const state = await target.observe(service);
  const at = new Date(glass.clock()).toISOString();
  const report = path.join(path.dirname(file), `${service}.break-glass-${at.replaceAll(':', '-')}.json`);
  const { who, reason } = glass;
  await replaceFile(report, `${JSON.stringify({ at, who, reason, stored, done, state }, null, 1)}\n`);
  return { file: report, stored, done, state };
};

/** `keep` may have taken the old version away since the promotion: then it is started again before the traffic. */
const withOld = ({ actions, from }: StoredWayBack, { groups }: TargetState): readonly Action[] => {
  const at = actions.findIndex(({ do: does }) => does === 'shift');
  const shift = actions[at];
  const wanted = shift?.do === 'shift' && weightOf(shift.weights, from.version) > 0;
  const stands = groups.some(({ version, instances }) => version === from.version && instances > 0);
  const started = actions
    .slice(0, Math.max(0, at))
    .some(
      (action) =>
        (action.do === 'deploy' && action.release.version === from.version) ||
        (action.do === 'scale' && action.version === from.version && action.instances > 0),
    );
  return !wanted || stands || started
    ? actions
    : [...actions.slice(0, at), { do: 'deploy', release: from }, ...actions.slice(at)];
};

const carryOut = async (
  { target, service, content, clock }: Glass,
  action: Action,
  mark: { readonly rolloutId: string; readonly fence: number },
): Promise<Done['outcome']> => {
  // Flags are kept elsewhere; traffic does not wait for them.
  if (action.do === 'flag') return 'left';
  const write = { ...mark, key: `${mark.rolloutId}/break-glass/${String(mark.fence)}` };
  const deadline = clock() + patienceMs;
  for (;;) {
    try {
      const artifact = action.do === 'deploy' ? await content(action.release) : undefined;
      await target.apply(service, action, write, artifact);
      return 'done';
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      // What was started again a moment ago is not ready yet.
      const passing =
        error.code === 'TARGET_UNAVAILABLE' || (error.code === 'TARGET_REFUSED' && action.do === 'shift');
      if (!passing || clock() > deadline) return error.toProblem();
    }
    await delay(againMs);
  }
};
