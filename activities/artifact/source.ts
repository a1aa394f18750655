import type { Release } from '../../runbooks/runbook.ts';
import type { ServiceFile } from '../../runbooks/service.ts';
import type { Environment } from '../secrets.ts';
import type { ArtifactContent } from '../targets/target.ts';
import { folderSource } from './folder.ts';
import { registrySource } from './image.ts';

/**
 * Where the releases of one service come from. Reads only. Errors are `SluiceError`s: ARTIFACT_*, VERSION_INVALID and
 * REGISTRY_REFUSED (final), REGISTRY_UNAVAILABLE (asking again may help).
 */
export type ArtifactSource = {
  /** Version → the digest behind it now. A tag is read once: what runs is the digest. */
  resolve(version: string, signal?: AbortSignal): Promise<Release>;
  /** What a target is told to run: the artifact behind the pinned digest, and no other. */
  content(release: Release, signal?: AbortSignal): Promise<ArtifactContent>;
  /** Returns if the pinned digest could be deployed once more, with all that it consists of; otherwise says why not. */
  fetchable(release: Release, signal?: AbortSignal): Promise<void>;
};

/** `env`: where secrets are, read when they are needed. `timeoutMs`: of one request to a registry. */
export type SourceOptions = { readonly env: Environment; readonly timeoutMs: number };

/** An activity that asks has 20 s for all of its requests. */
const standard: SourceOptions = { env: process.env, timeoutMs: 6_000 };

/** The source that the service file names. */
export const artifactSource = (
  { service, artifact }: Pick<ServiceFile, 'service' | 'artifact'>,
  options: Partial<SourceOptions> = {},
): ArtifactSource =>
  artifact.image === undefined
    ? folderSource(service, artifact.manifests ?? '')
    : registrySource({ ...artifact, image: artifact.image }, { ...standard, ...options });
