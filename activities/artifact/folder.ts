import { isAbsolute } from 'node:path';
import { SluiceError } from '../../runbooks/errors.ts';
import type { Release } from '../../runbooks/runbook.ts';
import { resolveManifest } from '../targets/practice/artifact.ts';
import type { ArtifactContent } from '../targets/target.ts';
import type { ArtifactSource } from './source.ts';

/** A folder of manifests: VERSION.json, known by the SHA-256 of its bytes. */
export const folderSource = (service: string, folder: string): ArtifactSource => {
  const pinned = async (release: Release): Promise<ArtifactContent> => {
    const { release: found, text } = await resolveManifest(absolute(folder), {
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
  return {
    resolve: async (version) => (await resolveManifest(absolute(folder), { service, version })).release,
    content: pinned,
    fetchable: async (release) => {
      await pinned(release);
    },
  };
};

/** The façade has resolved the folder against the service file: a worker has no folder of its own to begin at. */
const absolute = (folder: string): string => {
  if (isAbsolute(folder)) return folder;
  throw new SluiceError({
    code: 'INTERNAL',
    message: `artifact.manifests reached a worker unresolved: ${folder}`,
  });
};
