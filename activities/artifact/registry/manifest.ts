import { createHash } from 'node:crypto';
import { z } from 'zod';
import { fault } from '../fault.ts';
import type { RegistryAnswer } from './http.ts';

const descriptor = z.object({
  mediaType: z.string().optional(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number(),
  platform: z.object({ os: z.string(), architecture: z.string(), variant: z.string().optional() }).optional(),
});
export type Descriptor = z.output<typeof descriptor>;
export type Platform = NonNullable<Descriptor['platform']>;

// Registries and builders add members of their own: unknown ones are passed over, as the specification asks.
const indexBody = z.object({ schemaVersion: z.literal(2), manifests: z.array(descriptor).max(1000) });
const imageBody = z.object({
  schemaVersion: z.literal(2),
  config: descriptor,
  layers: z.array(descriptor).max(1000),
});

export type ImageManifest = {
  readonly is: 'image';
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
};
export type ImageIndex = { readonly is: 'index'; readonly manifests: readonly Descriptor[] };
/** A manifest with the digest of the bytes that came. */
export type Manifest = (ImageManifest | ImageIndex) & { readonly digest: string; readonly text: string };

/** What Sluice can read, best first. */
export const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

export const sha256 = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/**
 * Reads a manifest that a registry sent. Its digest is that of its bytes; what the registry says of it, and what was
 * asked for, must be the same.
 *
 * @throws SluiceError ARTIFACT_DIGEST_WRONG, ARTIFACT_INVALID
 */
export const readManifest = (answer: RegistryAnswer, what: string, wanted: string | null): Manifest => {
  const digest = sha256(answer.body);
  const said = answer.headers['docker-content-digest'];
  // Of another algorithm nothing can be said; of this one everything.
  for (const claimed of [wanted, said?.startsWith('sha256:') === true ? said : null]) {
    if (claimed !== null && claimed !== digest) throw wrongDigest(what, claimed, digest);
  }
  const text = answer.body.toString('utf8');
  const value = parse(text, what);
  const index = indexBody.safeParse(value);
  if (index.success) return { is: 'index', manifests: index.data.manifests, digest, text };
  const image = imageBody.safeParse(value);
  if (image.success) {
    return { is: 'image', config: image.data.config, layers: image.data.layers, digest, text };
  }
  throw fault('ARTIFACT_INVALID', {
    message: `${what} is neither an image nor an index of images, as the OCI image specification knows them.`,
    hint: 'Push it with a builder that writes OCI or Docker v2 manifests.',
  });
};

export const wrongDigest = (what: string, claimed: string, found: string) =>
  fault('ARTIFACT_DIGEST_WRONG', {
    message: `The registry says that ${what} is ${claimed.slice(0, 19)}…, but what it sends is ${found.slice(0, 19)}….`,
    hint: 'Do not deploy from it: find out whether the registry, or something between, changes what it serves.',
    details: { claimed, found },
  });

export const parse = (text: string, what: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw fault(
      'ARTIFACT_INVALID',
      { message: `${what} is no JSON.`, hint: 'Check that artifact.image names a registry of images.' },
      error,
    );
  }
};
