import type { EventBody } from '../../runbooks/events.ts';
import type { StoredEvent } from '../../src/store/views.ts';
import { watchMs } from './fixture.ts';
import type { WitnessEvent } from './planes/plane.ts';
import type { Row } from './row.ts';
import { plainRow } from './row.ts';
import type { TraceLine } from './trace.ts';
import type { Watched } from './witness-deadlines.ts';
import { judgeDeadlines } from './witness-deadlines.ts';
import type { Problem } from './witness-effects.ts';
import { judgeClients, judgeEffects, judgeTraffic, judgeTurned } from './witness-effects.ts';
import { judgeLedger } from './witness-ledger.ts';

const begin = Date.parse('2026-01-01T00:00:00.000Z');
const at = (ms: number): string => new Date(begin + ms).toISOString();
const verdict = {
  kind: 'pass',
  reason: 'healthy',
  sentence: 'healthy',
  t: 3,
  canary: { requests: 100, errors: 0 },
  baseline: { requests: 100, errors: 0 },
  samples: { seen: 6, due: 6 },
  recording: null,
} as const;

const write = (event: 'received' | 'applied' | 'repeated', fence: number, percent: number): WitnessEvent => ({
  n: fence,
  at: begin,
  event,
  service: 'shop',
  action: { do: 'shift', weights: { new: percent, old: 100 - percent } },
  rolloutId: 'r',
  key: `r/${fence}`,
  fence,
});
const weights = (n: number, percent: number): WitnessEvent => ({
  n,
  at: begin,
  event: 'weights',
  service: 'shop',
  weights: { new: percent, old: 100 - percent },
});
const started = (n: number): WitnessEvent => ({
  n,
  at: begin,
  event: 'instance-started',
  service: 'shop',
  version: 'new',
  instance: 'new-0',
  pid: n,
  restarts: 0,
});

const ended: WitnessEvent = {
  ...{ n: 4, at: begin, service: 'shop', version: 'new', instance: 'new-0', pid: 3 },
  ...{ event: 'instance-exited', code: 0, signal: null },
};
const lost: WitnessEvent = { n: 5, at: begin, event: 'lost', why: 'GET: 503' };

/** A target's log as it should be. */
const log = [write('applied', 1, 10), weights(2, 10), write('repeated', 1, 10), started(3)];
const way = [{ new: 10, old: 90 }];

const stored = (n: number, body: EventBody, ms: number): StoredEvent => ({
  position: n,
  rolloutId: 'r',
  id: `rollout/${n}`,
  at: at(ms),
  actor: null,
  body,
  texts: {},
  previousHash: '',
  hash: '',
});
/** A rollout's story as it should be. */
const story: readonly StoredEvent[] = [
  stored(1, { type: 'watch-started', step: 0, watch: 0, startsAt: at(0), endsAt: at(watchMs) }, 0),
  stored(2, { type: 'verdict', step: 0, watch: 0, verdict }, watchMs + 50),
  stored(3, { type: 'closed', state: 'succeeded', sentence: 'done' }, watchMs + 60),
];
const attempt = (endsAt: string): TraceLine => ({
  at: begin,
  pid: 1,
  plan: 'planted',
  event: 'begin',
  activity: 'watch',
  id: 'run/1',
  attempt: 1,
  watch: 0,
  startsAt: at(0),
  endsAt,
});
const watched: Watched = {
  events: story,
  trace: [attempt(at(watchMs))],
  samples: new Map([[0, [1, 3]]]),
  lives: [],
};

const [opened, judged, closed] = story;
const moved = (event: StoredEvent | undefined, ms: number): readonly StoredEvent[] =>
  event === undefined ? [] : [{ ...event, at: at(ms) }];

/** The second watch of the step, after these events. */
const shorter = (before: readonly StoredEvent[], length = watchMs / 2): Watched => {
  const ends = watchMs + length;
  const spec = { step: 0, watch: 1, startsAt: at(watchMs), endsAt: at(ends) };
  return {
    events: [
      ...before,
      stored(5, { type: 'watch-started', ...spec }, watchMs),
      stored(6, { type: 'verdict', step: 0, watch: 1, verdict }, ends + 50),
    ],
    trace: [{ ...attempt(at(ends)), watch: 1 }],
    samples: new Map(),
    lives: [],
  };
};
const resumption = [
  stored(4, { type: 'watch-resumed', step: 0, awaited: 'metrics', sentence: 'back' }, watchMs),
];

/** What must be seen, each planted into what is right. */
const planted: Readonly<Record<string, readonly Problem[]>> = {
  'an effect twice': judgeEffects([...log, write('applied', 1, 10)]),
  'an old write after a newer one': judgeEffects([write('applied', 2, 10), write('applied', 1, 10)]),
  'a process started twice': judgeEffects([...log, started(4)]),
  'traffic that went further': judgeTraffic([...log, weights(4, 50)], way),
  'traffic that never came': judgeTraffic([], way),
  'traffic that stayed where it was taken back from': judgeTurned(log, way, { old: 100 }),
  'traffic that took another way up': judgeTurned([...log, weights(4, 70), weights(5, 0)], way, {
    new: 0,
    old: 100,
  }),
  'a request that nobody answered': judgeClients([...log, lost]),
  'an event twice': judgeLedger([...story, ...moved(closed, 0)]),
  'a transition twice under another id': judgeLedger([
    ...story.slice(0, 2),
    ...moved(judged, 0).map((event) => ({ ...event, id: 'rollout/3' })),
    ...moved(closed, 0).map((event) => ({ ...event, id: 'rollout/4' })),
  ]),
  'a gap': judgeLedger([...moved(opened, 0), ...moved(closed, 0)]),
  'events in another order': judgeLedger([...moved(judged, 0), ...moved(opened, 0), ...moved(closed, 0)]),
  'an end that is missing': judgeLedger(story.slice(0, 2)),
  'a deadline that moved': judgeDeadlines({ ...watched, trace: [attempt(at(2 * watchMs))] }),
  'a watch that nobody held': judgeDeadlines({ ...watched, trace: [] }),
  'a sample after the end': judgeDeadlines({ ...watched, samples: new Map([[0, [1, 3.5]]]) }),
  'a verdict before the end': judgeDeadlines({
    ...watched,
    events: [...moved(opened, 0), ...moved(judged, 100)],
  }),
  'a watch that is shorter without having waited': judgeDeadlines(shorter(story.slice(1, 1))),
  'a watch that is shorter than what a silence leaves': judgeDeadlines(shorter(resumption, watchMs / 10)),
  'a verdict a minute late': judgeDeadlines({
    ...watched,
    events: [...moved(opened, 0), ...moved(judged, 60_000)],
  }),
};

const right: readonly Problem[] = [
  ...judgeEffects(log),
  // Ended in order and started again.
  ...judgeEffects([...log, ended, started(6)]),
  ...judgeTurned([...log, weights(4, 0)], way, { new: 0, old: 100 }),
  ...judgeTurned([], way, { old: 100 }),
  ...judgeClients(log),
  ...judgeClients([lost], true),
  ...judgeTraffic(log, way),
  ...judgeLedger(story),
  ...judgeDeadlines(watched),
  ...judgeDeadlines(shorter(resumption)),
];

/** The witnesses are held to what they are for: they see every planted wrong, and nothing in what is right. */
export const witnessesSee = (): Row =>
  plainRow(`the witnesses see ${Object.keys(planted).length} planted wrongs`, 0, [
    ...Object.entries(planted).flatMap(([name, seen]) => (seen.length > 0 ? [] : [`not seen: ${name}`])),
    ...right.map(({ text }) => `seen where all is right: ${text}`),
  ]);
