import type { Override } from '../../runbooks/checks/check.ts';
import { checkNames } from '../../runbooks/checks/check.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import type { Effect } from '../../runbooks/state.ts';
import type { RolloutView } from '../store/views.ts';
import type { RolloutsDeps } from './deps.ts';
import type { CommandRequest } from './requests.ts';
import { requireReason } from './require.ts';
import type { Wanted } from './wanted.ts';

// What an ended rollout begins when somebody says it once more, passes over what stood against it, or takes it back.

/** Effects that begin another rollout. */
export type Begins = Extract<Effect, `start-${string}`>;
type Wish = Omit<Wanted, 'rolloutId'>;

/** @throws SluiceError COMMAND_REFUSED where it is not known what to begin, USAGE where a reason is missing */
export const wantedAgain = async (
  deps: RolloutsDeps,
  view: RolloutView,
  request: CommandRequest,
  effect: Begins,
): Promise<Wish> => {
  const { service, environment, kind } = view;
  const { actor, reason } = request;
  const common = { service, environment, actor, reason, of: view.id };
  const over = effect === 'start-over' ? await passingOver(deps, view, reason) : {};
  if (kind === 'flag') {
    const flag = await flagOf(deps, view, effect !== 'start-rollback');
    return { ...common, ...over, kind, version: null, flag };
  }
  return effect === 'start-rollback'
    ? { ...common, kind: 'rollback', version: null }
    : { ...common, ...over, kind: 'deploy', version: view.version };
};

/** What a rollout of a flag wanted; taken back, the flag is off. */
const flagOf = async (
  { ledger }: RolloutsDeps,
  view: RolloutView,
  again: boolean,
): Promise<{ readonly name: string; readonly percent: number }> => {
  const steps = (await ledger.runbook(view.id))?.steps ?? [];
  const last = steps.findLast((step) => step.kind === 'release');
  if (last !== undefined) return { name: last.flag, percent: again ? last.percent : 0 };
  throw new SluiceError({
    code: 'COMMAND_REFUSED',
    message: `Rollout ${view.id} was never planned: nobody knows which flag it was for.`,
    hint: `Say it anew: sluice flag ${view.service} FLAG PERCENT`,
  });
};

const checkOf = (name: unknown): Override['check'] | undefined => checkNames.find((check) => check === name);

/**
 * The checks that stood against it, passed over for that reason; with those that it was begun over already, as an incident
 * that it mends. The reason that was given for the deploy itself stays.
 */
const passingOver = async (
  { ledger }: RolloutsDeps,
  view: RolloutView,
  reason: string | null,
): Promise<Pick<Wish, 'overrides' | 'reason' | 'hotfix'>> => {
  const firm = view.problems.find(({ details }) => checkOf(details?.['check']) === undefined);
  if (view.problems.length === 0 || firm !== undefined) {
    throw new SluiceError({
      code: 'COMMAND_REFUSED',
      message: `Can not override: ${firm?.message ?? view.sentence ?? 'no check stood against it.'} That is no check that can be passed over.`,
      hint: firm?.hint ?? `Mend it, then: sluice retry ${view.id}`,
    });
  }
  const why = reason ?? '';
  requireReason(why);
  const [first] = await ledger.events({ rolloutId: view.id, after: 0, limit: 1 });
  const before = Object.entries(first?.texts ?? {}).flatMap(([name, text]) => {
    const check = name.startsWith('override.') ? checkOf(name.slice('override.'.length)) : undefined;
    return check === undefined || text === null ? [] : [{ check, reason: text }];
  });
  const now = view.problems.flatMap(({ details }) => {
    const check = checkOf(details?.['check']);
    return check === undefined ? [] : [{ check, reason: why }];
  });
  const over = new Map([...before, ...now].map((override) => [override.check, override]));
  const hotfix = first?.body.type === 'requested' ? first.body.hotfix : undefined;
  return {
    reason: view.reason,
    overrides: [...over.values()],
    ...(hotfix === undefined ? {} : { hotfix }),
  };
};
