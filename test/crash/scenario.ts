import type { Row } from './row.ts';
import type { Stand } from './stand.ts';

/** Something that is done to a stand whose service is well, and what came of it. Leaves the service well. */
export type Scenario = {
  readonly name: string;
  /** Default: practice. */
  readonly on?: 'practice' | 'haproxy';
  readonly play: (stand: Stand) => Promise<readonly Row[]>;
};

/** The rest of an array of sentences, without those that were not needed. */
export const said = (...sentences: readonly (string | false)[]): readonly string[] =>
  sentences.filter((sentence) => sentence !== false);

/** Seconds since `beganAt` (ms since the epoch). */
export const secondsSince = (beganAt: number): number => (Date.now() - beganAt) / 1000;
