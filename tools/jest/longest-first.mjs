// Jest begins with what took longest the last time. Where there was none, in a fresh clone, it goes by the size of the
// files, and one that takes half a minute is begun last: then everything waits for it, on one core.

import { createRequire } from 'node:module';

// Its types are those of the CommonJS half.
const { default: Sequencer } = /** @type {typeof import('@jest/test-sequencer')} */ (
  createRequire(import.meta.url)('@jest/test-sequencer')
);

/** Test files that take many seconds each: whole programs, workflows on a server of their own, simulations. */
const long =
  /\/test\/(?:e2e|worker|workflows|slow)\/|\/gates\/simulation\.|\/store\/embedded\.|\/practice\/traffic\./;

/** @param {import('@jest/test-result').Test} test */
const expected = ({ duration, path }) => duration ?? (long.test(path) ? 60_000 : 5_000);

export default class LongestFirst extends Sequencer {
  /**
   * @override
   * @param {import('@jest/test-result').Test[]} tests
   */
  async sort(tests) {
    return [...(await super.sort(tests))].sort((a, b) => expected(b) - expected(a));
  }
}
