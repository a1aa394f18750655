import { duration } from '../units.ts';

const second = 1000;
const hour = 3_600 * second;
const day = 24 * hour;

/** How long a watch lasts, as every strategy says it. */
export const watchFor = (says: string) =>
  duration(second, 7 * day)
    .prefault('15m')
    .describe(says);

export const readyWithin = duration(second, hour)
  .prefault('2m')
  .describe('how long a deployed version may take to become ready');
