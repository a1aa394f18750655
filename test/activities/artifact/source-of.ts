import { expect } from '@jest/globals';
import type { ArtifactSource } from '../../../activities/artifact/source.ts';
import { artifactSource } from '../../../activities/artifact/source.ts';
import { artifactSchema } from '../../../runbooks/artifact.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The source of a service file's `artifact`, parsed as the file would be. */
export const sourceOf = (artifact: unknown, env: Environment = {}, timeoutMs = 20_000): ArtifactSource =>
  artifactSource({ service: 'shop', artifact: artifactSchema.parse(artifact) }, { env, timeoutMs });

/** Code, message and hint of what a promise is refused with. */
export const refusalOf = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  expect('a refusal').toBe('nothing was refused');
  return undefined;
};
