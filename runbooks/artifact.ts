import { z } from 'zod';
import { authSchema, tlsSchema } from './gate-source.ts';
import { plainText } from './names.ts';

/** `host[:port]/path`, as the OCI distribution specification spells a repository. */
export type ImageName = {
  /** Host with its port, as it stands in the file. */
  readonly host: string;
  readonly repository: string;
};

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const repositoryPattern = new RegExp(`^${component}(?:/${component})*$`);
const hostPattern = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$/;

/** `null`: not the name of an image with its registry. A first part without dot and port is a folder, not a host. */
export const parseImage = (image: string): ImageName | null => {
  const slash = image.indexOf('/');
  if (slash < 0) return null;
  const host = image.slice(0, slash);
  const repository = image.slice(slash + 1);
  const isHost = /[.:]/.test(host) || host === 'localhost';
  if (!isHost || !hostPattern.test(host) || !repositoryPattern.test(repository)) return null;
  return { host, repository };
};

/** Whether the host is this machine: only there plain HTTP needs no word in the file. */
export const isLoopback = (host: string): boolean =>
  /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]+)?$/.test(host);

const image = plainText(300)
  .refine(
    (text) => parseImage(text) !== null,
    'must be registry and repository without a tag, such as registry.example.com/team/shop',
  )
  .describe('image in a registry; the version is its tag, pinned to the digest behind it');

const platform = z
  .string()
  .regex(
    /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/,
    'must be system/architecture, such as linux/amd64 or linux/arm/v7',
  )
  .describe('what the image must run on, such as linux/amd64; not looked at unless given');

/** Where releases come from: a folder of manifests, or a repository of a registry. */
export const artifactSchema = z
  .strictObject({
    manifests: plainText(500)
      .optional()
      .describe('folder with one VERSION.json per release; relative to this file'),
    image: image.optional(),
    platform: platform.optional(),
    auth: authSchema.optional().describe('who asks the registry'),
    tls: tlsSchema.optional().describe('certificates for the registry'),
    plainHttp: z
      .boolean()
      .optional()
      .describe('ask the registry without TLS; only a registry of this machine is, unless given'),
  })
  .superRefine((artifact, context) => {
    if ((artifact.manifests === undefined) === (artifact.image === undefined)) {
      context.addIssue({ code: 'custom', message: 'must hold one of manifests and image' });
    }
    if (artifact.image !== undefined) return;
    for (const key of ['platform', 'auth', 'tls', 'plainHttp'] as const) {
      if (artifact[key] === undefined) continue;
      context.addIssue({
        code: 'custom',
        path: [key],
        message: 'goes with image: a folder has no such thing',
      });
    }
  })
  .describe('where releases come from');

export type ArtifactBlock = z.output<typeof artifactSchema>;

/** The practice service is made of its manifests: an image would not start there. */
export const refuseImageOnPractice = (
  file: {
    readonly artifact: ArtifactBlock;
    readonly environments: Readonly<Record<string, { readonly target: { readonly practice?: unknown } }>>;
  },
  context: z.RefinementCtx,
): void => {
  if (file.artifact.image === undefined) return;
  for (const [environment, { target }] of Object.entries(file.environments)) {
    if (target.practice === undefined) continue;
    context.addIssue({
      code: 'custom',
      path: ['environments', environment, 'target', 'practice'],
      message:
        'runs manifests, not images: give artifact.manifests instead of artifact.image, or another target',
    });
  }
};
