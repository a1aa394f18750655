import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { Stage } from './stage.ts';

/** Long, because a machine with much to do starts a server slowly. */
const openMs = 180_000;

const held = () => {
  let stage: Stage | undefined;
  return {
    open: async (): Promise<void> => {
      stage = await Stage.open();
    },
    close: async (): Promise<void> => {
      // Nothing to close where it did not open: then that is what the test fails by.
      await stage?.close();
      stage = undefined;
    },
    get: (): Stage => {
      if (stage === undefined) throw new Error('The stage is not open.');
      return stage;
    },
  };
};

/** A server for each test: rollouts that have ended on one may hold its clock, which skips. */
export const stagePerTest = (): (() => Stage) => {
  const { open, close, get } = held();
  beforeEach(open, openMs);
  afterEach(close);
  return get;
};

/** One server for all tests of the file or of the `describe` that it is called in. */
export const stageOfAll = (): (() => Stage) => {
  const { open, close, get } = held();
  beforeAll(open, openMs);
  afterAll(close);
  return get;
};
