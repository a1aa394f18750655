import type { StrategyName, Weights } from '../../runbooks/runbook.ts';
import type { RolloutView } from '../../src/store/views.ts';
import { ramp } from './fixture.ts';
import type { Stand } from './stand.ts';
import { until } from './until.ts';

/** A rollout that is about to be asked for, and what was before it. */
export type Opening = {
  readonly old: string;
  readonly version: string;
  /** Idempotency key of the request. */
  readonly key: string;
  /** Number of the practice plane's last event. */
  readonly since: number;
};

/** Begins on a stand where one version has all the traffic; `release` says what the new one is like. */
export const open = async (stand: Stand, name: string, release: ReleaseKind): Promise<Opening> => {
  const old = await stand.stable();
  const version = stand.fixture[release]();
  const since = (await stand.witnessed()).at(-1)?.n ?? 0;
  return { old, version, since, key: `${name}-${version}` };
};

/** What the new version is like. */
export type ReleaseKind = 'healthy' | 'failing' | 'crashing' | 'unready' | 'unfit';

/** Percent that the new version has before it has all, by strategy; rolling as with two instances. */
const shares: Readonly<Record<StrategyName, readonly number[]>> = {
  recreate: [],
  rolling: [50],
  'blue-green': [],
  'feature-flag': [],
  canary: [...ramp, 90],
};

/** Where the traffic goes on the way up to 100 %. */
export const wayUp = ({ old, version }: Opening, strategy: StrategyName = 'canary'): readonly Weights[] => [
  ...shares[strategy].map((percent) => ({ [version]: percent, [old]: 100 - percent })),
  { [version]: 100 },
];

/** Where it goes when the first watch turns it back: a canary's is at its first step. */
export const outAndBack = (opening: Opening, strategy: StrategyName = 'canary'): readonly Weights[] => {
  const { old, version } = opening;
  const out =
    strategy === 'canary' ? [{ [version]: ramp[0], [old]: 100 - ramp[0] }] : wayUp(opening, strategy);
  return [...out, { [old]: 100 }];
};

/** Waits for the watch at that percent, and until somebody watches: the ledger is told of it before. */
export const watching = (stand: Stand, id: string, percent: number): Promise<RolloutView> =>
  stand.reaches(id, `watches at ${percent} %`, (view) =>
    view.watches.some(
      ({ watch, percent: at, verdict }) =>
        at === percent &&
        verdict === null &&
        stand.trace().some((line) => line.event === 'begin' && line.rolloutId === id && line.watch === watch),
    ),
  );

/**
 * Asks for it, and takes no for an answer as long as the rollout before holds the lock: the ledger says that it has ended
 * a moment before its workflow lets that go. Returns the id.
 */
export const deployed = async (stand: Stand, { version, key }: Opening): Promise<string> => {
  let tries = 0;
  const { rolloutId } = await until('the lock is free', () =>
    stand.api.deploy(version, `${key}-${(tries += 1)}`).catch((error: unknown) => {
      if (String(error).includes('ROLLOUT_LOCKED')) return null;
      throw error;
    }),
  );
  return rolloutId;
};

/** A plain rollout without any harm. Returns its id. */
export const promote = async (stand: Stand, name: string): Promise<string> => {
  const opening = await open(stand, name, 'healthy');
  const rolloutId = await deployed(stand, opening);
  const { state, sentence } = await stand.ended(rolloutId);
  if (state !== 'succeeded') throw new Error(`Without any harm it ended as ${state}: ${String(sentence)}`);
  return rolloutId;
};
