import { z } from 'zod';

/** What the plane tells an instance: the manifest's text, its own name, and the seed of its behaviour. */
export const startMessageSchema = z.strictObject({
  manifest: z.string(),
  instance: z.string(),
  seed: z.int(),
});
export type StartMessage = z.output<typeof startMessageSchema>;

/** What an instance tells the plane once it listens. */
export const listeningMessageSchema = z.strictObject({ port: z.int().min(1).max(65_535) });
