// The longest files first, so that none of them is begun when the others are about to end. Jest does so by itself from
// the second run on, when it knows how long each took; in a fresh clone it goes by their size, and the files that wait
// the longest are short ones that bring up a daemon.
import sequencer from '@jest/test-sequencer';
import path from 'node:path';

/** Folders whose files wait for servers and windows, the longest first. */
const slow = ['test/e2e', 'test/workflows', 'test/worker', 'test/activities', 'test/src/store'];

// Its types are those of the CommonJS file, where the class is one level deeper than in the module that is loaded.
const Sequencer = /** @type {typeof sequencer.default} */ (/** @type {unknown} */ (sequencer));

export default class LongestFirst extends Sequencer {
  /**
   * @override
   * @param {import('@jest/test-result').Test[]} tests
   * @returns {Promise<import('@jest/test-result').Test[]>}
   */
  async sort(tests) {
    const sorted = await super.sort(tests);
    if (sorted.some((test) => test.duration !== undefined)) return sorted;
    const rank = new Map(sorted.map((test) => [test, this.#rank(test)]));
    return sorted.toSorted((one, other) => (rank.get(one) ?? 0) - (rank.get(other) ?? 0));
  }

  /** @param {import('@jest/test-result').Test} test */
  #rank(test) {
    const file = path.relative(test.context.config.rootDir, test.path);
    const found = slow.findIndex((folder) => file.startsWith(`${folder}/`));
    return found === -1 ? slow.length : found;
  }
}
