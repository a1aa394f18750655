import type { InconclusiveReason, Verdict } from './verdict.ts';

/**
 * What a rollout waits for without being told: `metrics` that answer again, `traffic` on the new version, `recovery` of
 * the old version.
 */
export type Awaits = 'metrics' | 'traffic' | 'recovery';

/**
 * What an unanswered question ends in; `silence` is the way back, too, but blames nobody: no quarantine. `again`: one
 * more watch, and the question once more.
 */
export type Unanswered = 'rollback' | 'silence' | 'again';

/** How long a person's word `extend` watches once more, ms: as the file says, or the whole window. */
export const extendedMs = (extend: number, windowMs: number): number => (extend === 0 ? windowMs : extend);

/** `onInconclusive` of a service file, in ms: `then` stands for what is said after at most one extension. */
export type InconclusivePolicy = {
  readonly extend?: number | undefined;
  readonly then: 'ask' | 'rollback' | 'promote';
  readonly because?: string | undefined;
};

/** What happens after a watch without an answer. Times in ms. */
export type Move =
  | { readonly do: 'extend'; readonly ms: number }
  | { readonly do: 'ask'; readonly unanswered: Unanswered }
  /** The share stays. People are asked after `quietMs`; what is awaited ends the wait, or the question, by itself. */
  | {
      readonly do: 'wait';
      readonly awaits: Awaits;
      readonly quietMs: number;
      readonly unanswered: Unanswered;
      /** The watch that follows. */
      readonly ms: number;
    }
  | { readonly do: 'rollback' }
  | { readonly do: 'promote'; readonly because: string };

/** People are asked about metrics that were silent for this long; a shorter watch is over before. */
export const silenceAskedMs = 120_000;
export const silenceMsOf = (windowMs: number): number => Math.min(silenceAskedMs, windowMs);

/** Data that came back are looked at for a fifth of the watch at least. */
const leastShare = 0.2;

const reasons: Readonly<Record<InconclusiveReason, true>> = {
  'no-data': true,
  'no-traffic': true,
  'too-little-traffic': true,
  'looks-bad': true,
  saturation: true,
  'both-bad': true,
};
const isReason = (reason: string): reason is InconclusiveReason => Object.hasOwn(reasons, reason);

export type Watched = {
  readonly verdict: Verdict;
  /** Of the watch that ended. */
  readonly windowMs: number;
  /** As the runbook has it: what follows a silence may be shorter. */
  readonly plannedMs: number;
  /** It was extended before. */
  readonly extended: boolean;
  /** People were asked about it before, and nobody answered. */
  readonly asked: boolean;
};

/** What is left of a watch whose metrics fell silent, and how long they have been. */
const silenceOf = ({
  verdict,
  windowMs,
  plannedMs,
}: Watched): { readonly silentMs: number; readonly restMs: number } => {
  const watchedMs = Math.min(windowMs, verdict.t * 1000);
  const silentMs = Math.min(watchedMs, (verdict.silentSeconds ?? verdict.t) * 1000);
  const restMs = Math.max(windowMs - (watchedMs - silentMs), leastShare * plannedMs);
  return { silentMs, restMs: Math.round(restMs) };
};

/**
 * The next move after a watch that could not tell. Nothing but too little traffic is ever promoted. What both versions
 * suffer is no reason to roll back: only a question about it that nobody answers, asked twice, ends as all of them do.
 */
export const nextMove = (watched: Watched, policy: InconclusivePolicy): Move => {
  const { verdict, windowMs, plannedMs, extended, asked } = watched;
  const { then } = policy;
  const extendMs = extended || policy.extend === undefined || policy.extend === 0 ? null : policy.extend;
  const ask: Move = { do: 'ask', unanswered: 'rollback' };
  const reason = isReason(verdict.reason) ? verdict.reason : 'looks-bad';
  switch (reason) {
    case 'no-data':
    case 'no-traffic': {
      const { silentMs, restMs } = silenceOf(watched);
      const wait = { do: 'wait', unanswered: 'silence', ms: restMs } as const;
      const quietMs = Math.max(0, silenceMsOf(windowMs) - silentMs);
      if (reason === 'no-traffic') return { ...wait, awaits: 'traffic', quietMs };
      // It answers, but with gaps: one more watch, then somebody has to look at it.
      const gaps = silentMs < silenceMsOf(windowMs) / 2;
      if (!gaps) return { ...wait, awaits: 'metrics', quietMs };
      return extendMs === null ? { do: 'ask', unanswered: 'silence' } : { do: 'extend', ms: extendMs };
    }
    case 'both-bad':
      return {
        do: 'wait',
        awaits: 'recovery',
        quietMs: extendMs ?? 0,
        unanswered: asked ? 'rollback' : 'again',
        ms: plannedMs,
      };
    case 'looks-bad':
    case 'saturation':
      if (extendMs !== null) return { do: 'extend', ms: extendMs };
      return then === 'rollback' ? { do: 'rollback' } : ask;
    case 'too-little-traffic': {
      const needed = verdict.settlesInSeconds ?? null;
      if (extendMs !== null && needed !== null && needed * 1000 <= extendMs)
        return { do: 'extend', ms: extendMs };
      if (then === 'promote') return { do: 'promote', because: policy.because ?? 'no reason given' };
      return then === 'rollback' ? { do: 'rollback' } : ask;
    }
  }
};
