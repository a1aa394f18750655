import type { WriteInput } from '../workflows/contract.ts';
import { artifactSource } from './artifact/source.ts';
import type { Deps } from './deps.ts';

/**
 * Tells the target, or for a flag its driver, the wanted state. Key: `input.key` (rolloutId + step + direction): the same key and content again
 * changes nothing; a fence below the target's highest is refused (TARGET_FENCED).
 */
export const makeWrite =
  ({ target, flags }: Deps) =>
  async ({ rolloutId, place, file, action, key, fence }: WriteInput): Promise<void> => {
    if (action.do === 'flag') {
      await flags(file, place).set(action.flag, action.percent, { rolloutId, key, fence });
      return;
    }
    const artifact = action.do === 'deploy' ? await artifactSource(file).content(action.release) : undefined;
    await target(file, place).apply(place.service, action, { rolloutId, key, fence }, artifact);
  };
