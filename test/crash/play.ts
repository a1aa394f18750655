import type { Weights } from '../../runbooks/runbook.ts';
import type { RolloutView } from '../../src/store/views.ts';
import { ramp } from './fixture.ts';
import type { Stand } from './stand.ts';

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
export const open = async (stand: Stand, name: string, release: 'healthy' | 'failing'): Promise<Opening> => {
  const old = await stand.stable();
  const version = release === 'healthy' ? stand.fixture.healthy() : stand.fixture.failing();
  const since = (await stand.practiceEvents()).at(-1)?.n ?? 0;
  return { old, version, since, key: `${name}-${version}` };
};

/** Where the traffic goes on the way up to 100 %. */
export const wayUp = ({ old, version }: Opening): readonly Weights[] => [
  ...[...ramp, 90].map((percent) => ({ [version]: percent, [old]: 100 - percent })),
  { [version]: 100 },
];

/** Where it goes when it turns back after the first step. */
export const outAndBack = ({ old, version }: Opening): readonly Weights[] => [
  { [version]: ramp[0], [old]: 100 - ramp[0] },
  { [old]: 100 },
];

/** Waits for the watch at that percent. */
export const watching = (stand: Stand, id: string, percent: number): Promise<RolloutView> =>
  stand.reaches(id, `watches at ${percent} %`, (view) =>
    view.watches.some((watch) => watch.percent === percent && watch.verdict === null),
  );

/** A plain rollout without any harm. Returns its id. */
export const promote = async (stand: Stand, name: string): Promise<string> => {
  const { version, key } = await open(stand, name, 'healthy');
  const { rolloutId } = await stand.api.deploy(version, key);
  const { state, sentence } = await stand.ended(rolloutId);
  if (state !== 'succeeded') throw new Error(`Without any harm it ended as ${state}: ${String(sentence)}`);
  return rolloutId;
};
