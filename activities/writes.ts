import type { WriteInput } from '../workflows/contract.ts';
import type { Deps } from './deps.ts';
import { manifests } from './prepare.ts';
import { resolveManifest } from './targets/practice/artifact.ts';
import { SluiceError } from '../runbooks/errors.ts';
import type { ArtifactContent } from './targets/target.ts';

/**
 * Tells the target the wanted state. Key: `input.key` (rolloutId + step + direction): the same key and content again
 * changes nothing; a fence below the target's highest is refused (TARGET_FENCED).
 */
export const makeWrite =
  ({ target }: Deps) =>
  async ({ rolloutId, place, file, action, key, fence }: WriteInput): Promise<void> => {
    const artifact = action.do === 'deploy' ? await pinned(file, place.service, action.release) : undefined;
    await target(file, place).apply(place.service, action, { rolloutId, key, fence }, artifact);
  };

/** The artifact behind the pinned digest, and no other: a manifest edited since the plan is refused. */
const pinned = async (
  file: WriteInput['file'],
  service: string,
  release: { readonly version: string; readonly digest: string },
): Promise<ArtifactContent> => {
  const { release: found, text } = await resolveManifest(manifests(file), {
    service,
    version: release.version,
  });
  if (found.digest === release.digest) return { digest: found.digest, text };
  throw new SluiceError({
    code: 'ARTIFACT_CHANGED',
    message: `The artifact of ${service} ${release.version} has changed since it was planned: ${found.digest.slice(0, 19)}… instead of ${release.digest.slice(0, 19)}….`,
    hint: 'Give the changed artifact a version of its own and deploy that.',
  });
};
