import type { StoredEvent } from '../../src/store/views.ts';
import type { Life } from './daemon-process.ts';
import { heartbeatMs, stickyMs, watchMs } from './fixture.ts';
import type { TraceLine } from './trace.ts';
import type { Problem } from './witness-effects.ts';

/** What a watch may take beyond its end on a busy machine, and what the workflow itself grants a lost worker. */
const slackMs = 20_000;

export type Watched = {
  readonly events: readonly StoredEvent[];
  /** The daemon's account of this rollout's activities. */
  readonly trace: readonly TraceLine[];
  /** Seconds on the rollout's clock of every stored sample, by watch. */
  readonly samples: ReadonlyMap<number, readonly number[]>;
  readonly lives: readonly Life[];
};

/**
 * Each watch ends at its first deadline: the window is as long as the service file says, or, after a silence that ended
 * by itself, as what was left of it; every attempt was told the same end, no sample is from after it, and the verdict came at the end; or, where the daemon was dead then, as soon
 * as its successor could know of it.
 */
export const judgeDeadlines = (watched: Watched): readonly Problem[] =>
  watched.events.flatMap(({ body }) => (body.type === 'watch-started' ? judgeWatch(watched, body) : []));

type Started = {
  readonly step: number;
  readonly watch: number;
  readonly startsAt: string;
  readonly endsAt: string;
};

const judgeWatch = (watched: Watched, started: Started): readonly Problem[] => {
  const { events, trace, samples, lives } = watched;
  const { watch, startsAt, endsAt } = started;
  const problems: string[] = [];
  const starts = Date.parse(startsAt);
  const ends = Date.parse(endsAt);
  if (!isRightLength(events, started, ends - starts)) problems.push(`its window has ${ends - starts} ms`);

  const attempts = trace.filter((line) => line.event === 'begin' && line.watch === watch);
  if (attempts.length === 0) problems.push('nobody watched');
  for (const attempt of attempts) {
    if (attempt.endsAt !== endsAt) {
      problems.push(
        `attempt ${attempt.attempt} was told ${String(attempt.endsAt)} as its end, not ${endsAt}`,
      );
    }
  }

  const first = events.find(({ body }) => body.type === 'watch-started')?.body;
  const zero = Date.parse(first?.type === 'watch-started' ? first.startsAt : startsAt);
  const late = (samples.get(watch) ?? []).filter((t) => zero + 1000 * t > ends + 1);
  if (late.length > 0) problems.push(`${late.length} samples are from after its end`);

  const verdict = events.find(({ body }) => body.type === 'verdict' && body.watch === watch);
  if (verdict?.body.type === 'verdict') {
    const at = Date.parse(verdict.at);
    const early = verdict.body.verdict.kind !== 'breach' && at < ends;
    if (early) problems.push(`it was judged ${ends - at} ms before its end`);
    // Its workers may have been at it before the whole daemon was ready.
    const back = lives.flatMap(({ startedAt, readyAt, endedAt }) =>
      startedAt > starts && startedAt <= at ? [readyAt ?? endedAt ?? at] : [],
    );
    const due = Math.max(ends, ...back) + heartbeatMs + stickyMs + slackMs;
    if (at > due) problems.push(`it was judged ${at - ends} ms after its end`);
  }
  return problems.map((text) => ({ about: `watch ${watch}`, text: `watch ${watch}: ${text}` }));
};

/** Once a watch of this step has resumed, what follows may be shorter, by four fifths at most. */
const isRightLength = (
  events: readonly StoredEvent[],
  { step, watch }: Started,
  windowMs: number,
): boolean => {
  if (windowMs === watchMs) return true;
  const here = events.findIndex(({ body }) => body.type === 'watch-started' && body.watch === watch);
  const hasResumed = events
    .slice(0, here)
    .some(({ body }) => body.type === 'watch-resumed' && body.step === step);
  return hasResumed && windowMs < watchMs && windowMs >= watchMs / 5;
};
