import type { Move } from '../runbooks/inconclusive.ts';
import { extendedMs, nextMove, silenceMsOf } from '../runbooks/inconclusive.ts';
import type { WatchStep } from '../runbooks/runbook.ts';
import { sayDuration } from '../runbooks/units.ts';
import type { Verdict } from '../runbooks/verdict.ts';
import type { Control } from './control.ts';
import type { Run } from './run.ts';
import { breach, nextTitle, stop } from './run.ts';

const endedByPerson = 'ended by a person, without a verdict';

/** One watch without an answer, and where it stands in the runbook. */
type Doubt = {
  readonly run: Run;
  readonly step: WatchStep;
  readonly index: number;
  readonly verdict: Verdict;
  readonly windowMs: number;
};

/** What follows: another watch, or the end of the step with what was found. */
type Next =
  | { readonly windowMs: number; readonly extended: boolean; readonly asked?: true }
  | { readonly found: string };

/** A watch and what follows from "can't tell": once more, a wait, a person, or the way back, as the file says. */
export const watchStep = async (run: Run, step: WatchStep, index: number): Promise<string> => {
  const { control, watching, prepared } = run;
  const { onInconclusive } = prepared.runbook.gates;
  let windowMs = step.windowMs;
  let extended = false;
  let asked = false;
  for (;;) {
    control.set('watching', {
      until: new Date(Date.now() + windowMs).toISOString(),
      next: nextTitle(run, index),
    });
    const verdict = await watching.window({ step, index, windowMs, silenceMs: silenceMsOf(windowMs) });
    if (verdict === null) return endedByPerson;
    if (verdict.kind === 'breach') return breach(run, verdict, index);
    if (verdict.kind === 'pass') return verdict.sentence;
    const move = nextMove({ verdict, windowMs, plannedMs: step.windowMs, extended, asked }, onInconclusive);
    const next = await carryOut({ run, step, index, verdict, windowMs }, move);
    if ('found' in next) return next.found;
    windowMs = next.windowMs;
    extended ||= next.extended;
    asked ||= next.asked ?? false;
  }
};

const carryOut = async (doubt: Doubt, move: Move): Promise<Next> => {
  const { run, index, verdict } = doubt;
  switch (move.do) {
    case 'extend':
      return { windowMs: move.ms, extended: true };
    case 'promote':
      return { found: `goes on unproven, as the file says (${move.because}): ${verdict.sentence}` };
    case 'rollback':
      return stop(run, { by: 'time', sentence: verdict.sentence, step: index });
    case 'ask':
      return ask(doubt, { awaits: null, unanswered: move.unanswered, ms: doubt.step.windowMs });
    case 'wait':
      return wait(doubt, move);
  }
};

/** The share stays where it is; what is awaited ends the wait by itself, and after a while people are asked. */
const wait = async (doubt: Doubt, move: Extract<Move, { do: 'wait' }>): Promise<Next> => {
  const { run, step, index } = doubt;
  if (move.quietMs > 0) {
    run.control.set('watching', {
      until: new Date(Date.now() + move.quietMs).toISOString(),
      next: `waits for ${awaited[move.awaits]}`,
    });
    const came = await run.watching.awaited({ step, index, ms: move.quietMs, awaits: move.awaits });
    if (run.control.wishes.promote) return { found: endedByPerson };
    if (came === 'met') return resumed(doubt, move.awaits, move.ms);
    if (came !== null) return breach(run, came, index);
  }
  return ask(doubt, move);
};

type Question = Pick<Extract<Move, { do: 'wait' }>, 'unanswered' | 'ms'> & {
  readonly awaits: Extract<Move, { do: 'wait' }>['awaits'] | null;
};

const ask = async (doubt: Doubt, { awaits, unanswered, ms }: Question): Promise<Next> => {
  const { run, step, index, verdict } = doubt;
  const { control, watching, prepared } = run;
  const { waits, gates } = prepared.runbook;
  const forMs = unanswered === 'silence' ? waits.noDataMs : waits.heldMs;
  control.set('inconclusive', {
    until: new Date(Date.now() + forMs).toISOString(),
    next: ends[unanswered],
  });
  let answer: Awaited<ReturnType<Control['answered']>> = null;
  const until = async (): Promise<void> => {
    answer = await control.answered(forMs);
  };
  const came = await watching.guarded({ step, index, windowMs: forMs, awaits }, until);
  if (came === 'met' && awaits !== null) return resumed(doubt, awaits, ms);
  if (came !== null && came !== 'met') return breach(run, came, index);
  const said = answer as Awaited<ReturnType<Control['answered']>>;
  if (said === 'accept') return { found: `accepted by a person: ${verdict.sentence}` };
  if (said === 'promote') return { found: `promoted by a person: ${verdict.sentence}` };
  if (said === 'extend')
    return { windowMs: extendedMs(gates.onInconclusive.extend, step.windowMs), extended: true };
  // Looked at once more, and asked again: what both versions suffer takes nothing back by itself.
  if (unanswered === 'again') return { windowMs: step.windowMs, extended: true, asked: true };
  return stop(run, {
    by: unanswered === 'silence' ? 'silence' : 'time',
    sentence: `${verdict.sentence} Nobody answered within ${sayDuration(forMs)}.`,
    step: index,
  });
};

const resumed = ({ run, index }: Doubt, awaits: keyof typeof awaited, windowMs: number): Next => {
  run.journal.note({
    type: 'watch-resumed',
    step: index,
    awaited: awaits,
    sentence: `${came[awaits]} The watch goes on for ${sayDuration(windowMs)}.`,
  });
  return { windowMs, extended: awaits === 'recovery' };
};

const awaited = {
  metrics: 'metrics of the new version',
  traffic: 'traffic on the new version',
  recovery: 'the old version to recover',
} as const;
const came = {
  metrics: 'Metrics of the new version are back.',
  traffic: 'The new version gets traffic.',
  recovery: 'The old version has recovered.',
} as const;
const ends = {
  rollback: 'the way back, unless a person says otherwise',
  silence: 'the way back, unless metrics come back or a person says otherwise',
  again: 'another watch and the question once more: both versions fail',
} as const;
