import { access } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { SluiceError } from '../../../runbooks/errors.ts';
import { askProgram } from '../program/answer.ts';
import type { HaproxyPlace } from './place.ts';
import type { BackendRecord, RecordedInstance } from './record.ts';

/** `set server … addr` takes addresses, not names. */
const address = z
  .string()
  .regex(
    /^(?:(?:\d{1,3}\.){3}\d{1,3}|\[[0-9A-Fa-f:.]{2,45}\]):[1-9]\d{0,4}$/,
    'must be IP:PORT, such as 127.0.0.1:8080',
  );
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits');

const startedSchema = z.strictObject({ address, digest });
const stoppedSchema = z.strictObject({ ok: z.literal(true) });

/** Where the artifact of a digest is kept, under a name that says what it is. */
export const artifactFile = (state: string, of: string): string =>
  path.join(state, 'artifacts', `${of.replace(/[^0-9A-Za-z]+/g, '-')}.json`);

const values = async (
  { block, service, environment }: HaproxyPlace,
  { id, index, version }: RecordedInstance,
  { digest: wanted, image }: Content,
): Promise<Readonly<Record<string, string>>> => {
  const asksFor = (what: string): boolean => block.start.some((argument) => argument.includes(`{${what}}`));
  const artifact = artifactFile(block.state, wanted);
  if (asksFor('artifact')) await mustExist(artifact, version);
  if (asksFor('image') && image === null) {
    throw new SluiceError({
      code: 'TARGET_REFUSED',
      message: `${version} is no image: there is nothing to put for {image}.`,
      hint: '`start` asks for {image}: give the service file `artifact.image`, or use {artifact}.',
    });
  }
  const known = {
    service,
    environment,
    version,
    digest: wanted,
    artifact,
    instance: id,
    index: String(index),
  };
  return image === null ? known : { ...known, image };
};

/** What an instance is made of. */
type Content = { readonly digest: string; readonly image: string | null };

const mustExist = async (file: string, version: string): Promise<void> => {
  try {
    await access(file);
  } catch (error) {
    throw new SluiceError(
      {
        code: 'TARGET_REFUSED',
        message: `The artifact of ${version} is not at ${file}.`,
        hint: '`start` asks for {artifact}: deploy from manifests, or restore the state folder.',
      },
      { cause: error },
    );
  }
};

/** Starts an instance, or finds the one that runs under that name. The key is its name: repeating is harmless. */
export const startInstance = async (
  place: HaproxyPlace,
  instance: RecordedInstance,
  content: Content,
  signal?: AbortSignal,
): Promise<z.output<typeof startedSchema>> =>
  askProgram(
    place.block,
    {
      what: `start of ${instance.id}`,
      argv: place.block.start,
      values: await values(place, instance, content),
      signal,
    },
    startedSchema,
  );

/** Ends an instance; one that is not there is ended. */
export const stopInstance = async (
  { block, service, environment }: HaproxyPlace,
  { id, index, version, digest: runs }: RecordedInstance,
  signal?: AbortSignal,
): Promise<void> => {
  const artifact = artifactFile(block.state, runs);
  const known = { service, environment, version, digest: runs, artifact, instance: id, index: String(index) };
  await askProgram(block, { what: `stop of ${id}`, argv: block.stop, values: known, signal }, stoppedSchema);
};

/** What an instance says of itself; `digest` only where the service file names the header for it. */
export type Seen = { readonly ready: boolean; readonly digest: string | null };

const unseen: Seen = { ready: false, digest: null };

const probe = async (
  { block }: HaproxyPlace,
  { address: at }: RecordedInstance,
  signal?: AbortSignal,
): Promise<Seen> => {
  if (at === null) return unseen;
  const timeout = AbortSignal.timeout(block.ready.within);
  try {
    const response = await fetch(`http://${at}${block.ready.path}`, {
      redirect: 'manual',
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
    });
    await response.body?.cancel();
    const header = block.ready.digest === undefined ? null : response.headers.get(block.ready.digest);
    return { ready: response.ok, digest: header === null || header === '' ? null : header.slice(0, 200) };
  } catch {
    // Whatever the reason, there is no instance that could have traffic; the caller's own end is its own matter.
    signal?.throwIfAborted();
    return unseen;
  }
};

/** Asks all instances of a record at once, each for as long as the file says. */
export const probeAll = async (
  place: HaproxyPlace,
  record: BackendRecord,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Seen>> =>
  new Map(
    await Promise.all(
      record.instances.map(async (instance) => [instance.id, await probe(place, instance, signal)] as const),
    ),
  );

/** Instances of a version that would answer just now and stay. */
export const readyCount =
  (record: BackendRecord, seen: ReadonlyMap<string, Seen>) =>
  (version: string): number =>
    record.instances.filter(
      (instance) =>
        instance.version === version &&
        instance.leavingSince === null &&
        seen.get(instance.id)?.ready === true,
    ).length;
