import { describe, expect, test } from '@jest/globals';
import type { InconclusivePolicy, Move } from '../../runbooks/inconclusive.ts';
import { nextMove, silenceMsOf } from '../../runbooks/inconclusive.ts';
import type { InconclusiveReason, Verdict } from '../../runbooks/verdict.ts';

const minute = 60_000;
const windowMs = 15 * minute;

const ended = (reason: InconclusiveReason, changes: Partial<Verdict> = {}): Verdict => ({
  ...{ kind: 'inconclusive', reason, sentence: `${reason}.`, t: 900 },
  ...{ canary: { requests: 10, errors: 0 }, baseline: null, samples: { seen: 1, due: 1 }, recording: null },
  ...changes,
});
const settles = (seconds: number | null) => ended('too-little-traffic', { settlesInSeconds: seconds });

const ask: InconclusivePolicy = { extend: windowMs, then: 'ask' };
const rollback: InconclusivePolicy = { ...ask, then: 'rollback' };
const promote: InconclusivePolicy = { ...ask, then: 'promote', because: 'quiet nights' };
const extend: Move = { do: 'extend', ms: windowMs };
const question: Move = { do: 'ask', unanswered: 'rollback' };
const recovery = { do: 'wait', awaits: 'recovery', unanswered: 'again', ms: windowMs } as const;
const planned = { plannedMs: windowMs, asked: false } as const;
const promotion: Move = { do: 'promote', because: 'quiet nights' };

describe('after a watch that could not tell', () => {
  test.each<readonly [Verdict, InconclusivePolicy, boolean, Move]>([
    // Looks bad: once more, then a person; nobody: back. Never on, whatever the file says.
    [ended('looks-bad'), ask, false, extend],
    [ended('looks-bad'), ask, true, question],
    [ended('looks-bad'), rollback, false, extend],
    [ended('looks-bad'), rollback, true, { do: 'rollback' }],
    [ended('looks-bad'), promote, true, question],
    [ended('saturation'), ask, false, extend],
    [ended('saturation'), ask, true, question],
    [ended('saturation'), rollback, true, { do: 'rollback' }],
    [ended('saturation'), promote, true, question],
    // Too little traffic: once more only where that would settle it.
    [settles(600), ask, false, extend],
    [settles(901), ask, false, question],
    [settles(null), ask, false, question],
    [settles(600), ask, true, question],
    [settles(901), rollback, false, { do: 'rollback' }],
    [settles(600), promote, false, extend],
    [settles(901), promote, false, promotion],
    [settles(600), promote, true, promotion],
    // Both bad: the old version is waited for, once before anybody is asked; nothing is taken back for it.
    [ended('both-bad'), ask, false, { ...recovery, quietMs: windowMs }],
    [ended('both-bad'), rollback, false, { ...recovery, quietMs: windowMs }],
    [ended('both-bad'), rollback, true, { ...recovery, quietMs: 0 }],
    [ended('both-bad'), promote, true, { ...recovery, quietMs: 0 }],
  ])('%j, %j, extended %s', (verdict, policy, extended, move) => {
    expect(nextMove({ ...planned, verdict, windowMs, extended }, policy)).toEqual(move);
  });

  test.each([ask, rollback, promote])('silence is waited out, whatever the file says: %j', (policy) => {
    const wait = { do: 'wait', awaits: 'metrics', unanswered: 'silence' } as const;
    const after = (t: number, silentSeconds: number): Move =>
      nextMove(
        { ...planned, verdict: ended('no-data', { t, silentSeconds }), windowMs, extended: true },
        policy,
      );
    // Silent from minute 5 to minute 7: the other ten minutes are still to be watched.
    expect(after(420, 120)).toEqual({ ...wait, quietMs: 0, ms: 10 * minute });
    // The watch ended 90 s into a silence: people hear of it half a minute later.
    expect(after(900, 90)).toEqual({ ...wait, quietMs: 30_000, ms: 3 * minute });
    // Nothing at all: the whole watch is still to come.
    expect(after(900, 900)).toEqual({ ...wait, quietMs: 0, ms: windowMs });
  });

  test('however often metrics fall silent, a fifth of the planned watch is looked at', () => {
    const verdict = ended('no-data', { t: 180, silentSeconds: 100 });
    const after = { ...planned, verdict, windowMs: 3 * minute, extended: false };
    expect(nextMove(after, ask)).toMatchObject({ awaits: 'metrics', ms: 3 * minute });
    expect(nextMove({ ...after, plannedMs: 30 * minute }, ask)).toMatchObject({ ms: 6 * minute });
  });

  test('both bad and nobody answers: watched and asked once more, and then it ends like any question', () => {
    const watched = { ...planned, verdict: ended('both-bad'), windowMs, extended: true };
    expect(nextMove(watched, rollback)).toEqual({ ...recovery, quietMs: 0 });
    expect(nextMove({ ...watched, asked: true }, promote)).toEqual({
      ...recovery,
      quietMs: 0,
      unanswered: 'rollback',
    });
  });

  test('metrics with gaps are watched once more, and then somebody has to look', () => {
    const verdict = ended('no-data', { silentSeconds: 5 });
    expect(nextMove({ ...planned, verdict, windowMs, extended: false }, ask)).toEqual(extend);
    const question = { do: 'ask', unanswered: 'silence' };
    expect(nextMove({ ...planned, verdict, windowMs, extended: true }, promote)).toEqual(question);
    const never = { extend: 0, then: 'ask' } as const;
    expect(nextMove({ ...planned, verdict, windowMs, extended: false }, never)).toEqual(question);
  });

  test('a release without a request waits for one, and is never promoted for want of any', () => {
    const wait = { do: 'wait', awaits: 'traffic', unanswered: 'silence', quietMs: 0, ms: windowMs };
    expect(
      nextMove({ ...planned, verdict: ended('no-traffic'), windowMs, extended: false }, promote),
    ).toEqual(wait);
  });

  test.each([{ then: 'ask' }, { extend: 0, then: 'ask' }] as const)('nothing is extended by %j', (policy) => {
    expect(nextMove({ ...planned, verdict: ended('looks-bad'), windowMs, extended: false }, policy)).toEqual(
      question,
    );
    expect(nextMove({ ...planned, verdict: settles(1), windowMs, extended: false }, policy)).toEqual(
      question,
    );
  });

  test('a watch shorter than two minutes ends before anybody asks', () => {
    expect([silenceMsOf(30_000), silenceMsOf(windowMs)]).toEqual([30_000, 120_000]);
  });
});
