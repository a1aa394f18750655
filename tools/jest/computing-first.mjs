// Jest begins with what took longest the last time and, where there was none, in a fresh clone, with the largest files.
// A small one that computes for half a minute is begun last then, and everything waits for it, on one core. Not more than
// that is changed: of daemons, which are long as well, as few as possible should run side by side.

import { createRequire } from 'node:module';

// Its types are those of the CommonJS half.
const { default: Sequencer } = /** @type {typeof import('@jest/test-sequencer')} */ (
  createRequire(import.meta.url)('@jest/test-sequencer')
);

const computes = /\/test\/src\/gates\/simulation\.test\.ts$/;

export default class ComputingFirst extends Sequencer {
  /**
   * @override
   * @param {import('@jest/test-result').Test[]} tests
   */
  async sort(tests) {
    const sorted = await super.sort(tests);
    return [
      ...sorted.filter(({ path }) => computes.test(path)),
      ...sorted.filter(({ path }) => !computes.test(path)),
    ];
  }
}
