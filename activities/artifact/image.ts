import { z } from 'zod';
import type { ArtifactBlock } from '../../runbooks/artifact.ts';
import { isLoopback, parseImage } from '../../runbooks/artifact.ts';
import { fault } from './fault.ts';
import { manifestTypes, parse, readManifest, sha256, wrongDigest } from './registry/manifest.ts';
import type { Descriptor, ImageManifest, Manifest } from './registry/manifest.ts';
import { missing } from './registry/missing.ts';
import { imageFor, matches, sayPlatform, wrongPlatform } from './registry/platform.ts';
import { RegistrySession } from './registry/session.ts';
import type { ArtifactSource, SourceOptions } from './source.ts';

/** What the OCI distribution specification allows as a tag. A version may hold a plus, a tag may not. */
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

const configBody = z.object({ os: z.string(), architecture: z.string(), variant: z.string().optional() });

type ImageBlock = ArtifactBlock & { readonly image: string };
type Repository = { readonly session: RegistrySession; readonly name: string; readonly image: string };

/**
 * Images of one repository, by the OCI distribution API (specification 1.1). The digest of a release is that of the
 * manifest behind the tag, an index of images included; it is always counted from the bytes, never believed.
 */
export const registrySource = (block: ImageBlock, { env, timeoutMs }: SourceOptions): ArtifactSource => {
  const open = async (): Promise<Repository> => {
    const { host, repository } = nameOf(block.image);
    const plain = block.plainHttp ?? isLoopback(host);
    const base = new URL(`${plain ? 'http' : 'https'}://${host}`);
    return {
      session: await RegistrySession.open(base, block, env, timeoutMs),
      name: repository,
      image: block.image,
    };
  };
  const pinned = async (repository: Repository, digest: string, signal?: AbortSignal): Promise<Manifest> =>
    manifest(repository, digest, digest, signal);

  return {
    resolve: async (version, signal) => {
      if (!tagPattern.test(version)) {
        throw fault('VERSION_INVALID', {
          message: `"${version}" can not be the tag of an image: a tag holds letters, digits, dots, dashes and underscores.`,
          hint: 'Give the tag as it stands in the registry; a plus is mostly written as an underscore.',
        });
      }
      const repository = await open();
      const found = await manifest(repository, version, null, signal);
      if (block.platform !== undefined) await imageOf(repository, found, block.platform, signal);
      return { version, digest: found.digest };
    },
    // The target fetches the image itself, by this name: nothing of it passes through Sluice.
    content: ({ digest }) => Promise.resolve({ digest, text: null, image: `${block.image}@${digest}` }),
    fetchable: async ({ digest }, signal) => {
      const repository = await open();
      const found = await pinned(repository, digest, signal);
      const images =
        found.is === 'image'
          ? [found]
          : block.platform === undefined
            ? []
            : [await imageOf(repository, found, block.platform, signal)];
      for (const image of images) await hasBlobs(repository, image, digest, signal);
    },
  };
};

const nameOf = (image: string) => {
  const name = parseImage(image);
  if (name !== null) return name;
  throw fault('ARTIFACT_INVALID', {
    message: `${image} is not the name of an image.`,
    hint: 'Write it as registry.example.com/team/shop.',
  });
};

/** `reference` is a tag, or a digest that is then `wanted`. */
const manifest = async (
  { session, name, image }: Repository,
  reference: string,
  wanted: string | null,
  signal: AbortSignal | undefined,
): Promise<Manifest> => {
  const what = wanted === null ? `${image}:${reference}` : `${image}@${reference}`;
  const path = `/v2/${name}/manifests/${reference}`;
  const answer = await session.ask({ path, accept: manifestTypes, signal });
  if (answer.status === 404)
    throw await missing({ session, name, image }, reference, wanted !== null, signal);
  if (answer.status === 200) return readManifest(answer, what, wanted);
  throw refused(session.host, what, answer.status);
};

/** The image that would run on `platform`: out of an index, or the only one, whose own configuration says it. */
const imageOf = async (
  repository: Repository,
  found: Manifest,
  platform: string,
  signal: AbortSignal | undefined,
): Promise<ImageManifest> => {
  const what = `${repository.image}@${found.digest.slice(0, 19)}…`;
  if (found.is === 'index') {
    const { digest } = imageFor(found.manifests, platform, what);
    const inner = await manifest(repository, digest, digest, signal);
    if (inner.is === 'image') return inner;
    throw fault('ARTIFACT_INVALID', {
      message: `${what} is an index of indices.`,
      hint: 'Push one index of images.',
    });
  }
  const config = await configOf(repository, found.config, signal);
  if (!matches(platform, config)) throw wrongPlatform(what, platform, [sayPlatform(config)]);
  return found;
};

const configOf = async (
  { session, name, image }: Repository,
  { digest }: Descriptor,
  signal: AbortSignal | undefined,
) => {
  const what = `the configuration of ${image}`;
  const answer = await session.ask({ path: `/v2/${name}/blobs/${digest}`, signal });
  if (answer.status !== 200) throw refused(session.host, what, answer.status);
  const found = sha256(answer.body);
  if (found !== digest) throw wrongDigest(what, digest, found);
  const parsed = configBody.safeParse(parse(answer.body.toString('utf8'), what));
  if (parsed.success) return parsed.data;
  throw fault('ARTIFACT_INVALID', {
    message: `${what} does not say what it runs on.`,
    hint: 'Push an image of a program; artifact.platform is for those.',
  });
};

/** A manifest outlives its layers where somebody cleans up by hand: each of them is asked for. */
const hasBlobs = async (
  { session, name, image }: Repository,
  { config, layers }: ImageManifest,
  pinned: string,
  signal: AbortSignal | undefined,
): Promise<void> => {
  for (const digest of new Set([config, ...layers].map((blob) => blob.digest))) {
    const answer = await session.ask({ method: 'HEAD', path: `/v2/${name}/blobs/${digest}`, signal });
    if (answer.status === 200) continue;
    if (answer.status !== 404) throw refused(session.host, `a layer of ${image}`, answer.status);
    throw fault('ARTIFACT_NOT_FOUND', {
      message: `${image}@${pinned.slice(0, 19)}… is incomplete: the registry has no ${digest.slice(0, 19)}… any more.`,
      hint: 'Push that image again, from the same build.',
      details: { digest },
    });
  }
};

const refused = (host: string, what: string, status: number) =>
  fault('REGISTRY_REFUSED', {
    message: `The registry ${host} answers ${String(status)} when asked for ${what}.`,
    hint:
      status === 403
        ? 'Whoever asks may not read it, or it does not exist: check artifact.image and artifact.auth.'
        : 'Check artifact.image: this is not how a registry answers.',
    details: { status },
  });
