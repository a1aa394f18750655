import { describe, expect, test } from '@jest/globals';
import { commands, isOpen, judgeCommand, states, stateTable } from '../../runbooks/state.ts';

const cells = states.flatMap((state) => commands.map((command) => [state, command] as const));

describe('states × commands', () => {
  test.each(cells)('%s, %s: an effect, or a sentence that names what is allowed', (state, command) => {
    const judged = judgeCommand(state, command);
    const { accepts, because } = stateTable[state];
    if ('effect' in judged) {
      expect(judged.effect).toBe(accepts[command]);
      return;
    }
    expect(accepts[command]).toBeUndefined();
    expect(judged.refusal).toContain(`Can not ${command}: ${because}.`);
    const allowed = Object.keys(accepts);
    expect(judged.refusal).toContain(
      allowed.length === 0 ? 'It takes no command now.' : `It takes now: ${allowed.join(', ')}.`,
    );
  });

  test('every open state that is not on its way back can be aborted and rolled back', () => {
    for (const state of states.filter((one) => isOpen(one) && one !== 'rolling-back')) {
      expect([state, Object.keys(stateTable[state].accepts)]).toEqual([
        state,
        expect.arrayContaining(['abort', 'rollback']),
      ]);
    }
  });

  test('a closed rollout takes only what begins a new one', () => {
    for (const state of states.filter((one) => !isOpen(one))) {
      for (const effect of Object.values(stateTable[state].accepts)) expect(effect).toMatch(/^start-/);
    }
  });

  test('an open rollout takes nothing that begins another one', () => {
    for (const state of states.filter(isOpen)) {
      for (const effect of Object.values(stateTable[state].accepts)) expect(effect).not.toMatch(/^start-/);
    }
  });

  test('what is closed has an exit code; what is open has none, but for the way back that failed', () => {
    for (const state of states) {
      const { exit, open } = stateTable[state];
      expect([state, exit === null]).toEqual([state, open && state !== 'rollback-failed']);
    }
  });

  test('exit codes are the documented ones', () => {
    const exits = Object.fromEntries(
      states.flatMap((state) => {
        const { exit } = stateTable[state];
        return exit === null ? [] : [[state, exit]];
      }),
    );
    expect(exits).toEqual({
      succeeded: 0,
      refused: 2,
      'rolled-back': 3,
      'rollback-failed': 4,
      aborted: 5,
      'rolled-back-by-hand': 5,
      denied: 6,
      expired: 7,
      superseded: 9,
    });
  });

  test('only a watch that could not tell is extended or accepted', () => {
    const takes = (command: 'extend' | 'accept'): readonly string[] =>
      states.filter((state) => stateTable[state].accepts[command] !== undefined);
    expect(takes('extend')).toEqual(['inconclusive']);
    expect(takes('accept')).toEqual(['inconclusive']);
  });

  test('sentences begin small and end without a full stop, so that they can be joined', () => {
    for (const state of states) {
      const { because, says } = stateTable[state];
      for (const text of [because, says]) expect(text).toMatch(/^[a-z].*[^.]$/);
    }
  });
});
