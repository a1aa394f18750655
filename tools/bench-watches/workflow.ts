import { watch } from '../../workflows/profiles.ts';
import type { Settings, WatchInput } from '../../workflows/contract.ts';

/** A few watches at once, each run as a rollout runs it. Returns the kinds of their verdicts. */
export async function manyWatches(
  inputs: readonly WatchInput[],
  settings: Settings,
): Promise<readonly string[]> {
  const outputs = await Promise.all(
    inputs.map((input) => {
      const windowMs = Date.parse(input.endsAt) - Date.now();
      return watch(settings, windowMs, input.rolloutId).watch(input);
    }),
  );
  return outputs.map(({ verdict }) => verdict.kind);
}
