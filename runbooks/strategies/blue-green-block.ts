import { z } from 'zod';
import { readyWithin, watchFor } from './durations.ts';

export const blueGreenSchema = z
  .strictObject({ watch: watchFor('how long the new version is watched'), ready: readyWithin })
  .describe('deploy beside the old version, test it, move all traffic at once, watch, then promote');
export type BlueGreenBlock = z.output<typeof blueGreenSchema>;
