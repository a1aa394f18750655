import { z } from 'zod';
import { readyWithin, watchFor } from './durations.ts';

export const recreateSchema = z
  .strictObject({ watch: watchFor('how long the new version is watched'), ready: readyWithin })
  .describe('stop the old version, start the new one, watch it, then promote: with downtime');
export type RecreateBlock = z.output<typeof recreateSchema>;
