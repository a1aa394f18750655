import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SluiceError } from '../../../runbooks/errors.ts';
import type { ArtifactContent } from '../target.ts';
import { drive } from './drive.ts';
import { artifactFile, probeAll, startInstance, stopInstance } from './instances.ts';
import type { HaproxyPlace } from './place.ts';
import { locked } from './place.ts';
import type { BackendRecord, RecordedInstance } from './record.ts';
import { replaceFile } from '../../replace-file.ts';
import { emptyRecord, readRecord, writeRecord } from './record.ts';
import { askHaproxy } from './runtime-api.ts';
import { readSessions } from './servers.ts';

/** How often requests that are still under way are counted. */
const drainEveryMs = 100;

/** What stays as it is, who leaves, and who has to come, by the groups as they are wanted. */
export const asWanted = (place: HaproxyPlace, record: BackendRecord, nowMs: number): BackendRecord => {
  const isWanted = ({ version, index }: RecordedInstance): boolean =>
    record.groups.some((group) => group.version === version && index < group.instances);
  const present = record.instances.map((instance) => ({
    ...instance,
    leavingSince: isWanted(instance) ? null : (instance.leavingSince ?? nowMs),
  }));
  const missing = record.groups.flatMap(({ version, digest, instances }) =>
    Array.from({ length: instances }, (_, index) => index)
      .filter((index) => !present.some((known) => known.version === version && known.index === index))
      .map((index): RecordedInstance => ({
        id: `${place.service}-${version}-${String(index)}`,
        version,
        index,
        digest,
        address: null,
        server: null,
        admitted: false,
        leavingSince: null,
      })),
  );
  return { ...record, instances: [...present, ...missing] };
};

/** Reads the record, changes it, drives HAProxy to it and keeps it: all of it under the lock. */
export const change = (
  place: HaproxyPlace,
  ready: ReadonlySet<string>,
  edit: (record: BackendRecord) => BackendRecord = (record) => record,
): Promise<BackendRecord> =>
  locked(place, async () => {
    const record = (await readRecord(place.files.record, place.service)) ?? emptyRecord(place.service);
    const wanted = edit(record);
    // Kept before HAProxy is told: what was decided must not be forgotten by who dies in between.
    if (wanted !== record) await writeRecord(place.files.record, wanted);
    const driven = await drive(place, wanted, ready);
    await writeRecord(place.files.record, driven);
    return driven;
  });

const replaceInstance =
  (id: string, become: (instance: RecordedInstance) => RecordedInstance) =>
  (record: BackendRecord): BackendRecord => ({
    ...record,
    instances: record.instances.map((instance) => (instance.id === id ? become(instance) : instance)),
  });

/** Versions whose instances are started, and those whose leaving instances are stopped, by one write. */
export type Work = { readonly start: string | null; readonly stop: string | null };

/**
 * Makes the world what the record says: traffic first, then what is missing of `start` comes up, then what is not wanted
 * any more of `stop` is drained and ends. Whoever runs it, and however late, only ever drives towards the newest record,
 * so that a straggler does no harm; and nobody waits for programs of somebody else's write. Safe to repeat.
 */
export const converge = async (place: HaproxyPlace, work: Work, signal?: AbortSignal): Promise<void> => {
  let record = await change(place, await readyIds(place, signal));
  const seen = await probeAll(place, record, signal);
  const absent = record.instances.filter(
    ({ id, version, leavingSince }) =>
      version === work.start && leavingSince === null && seen.get(id)?.ready !== true,
  );
  if (absent.length > 0) {
    const { groups } = record;
    await allSettled(absent.map((instance) => start(place, instance, groups, signal)));
    record = await change(place, await readyIds(place, signal));
  }
  assertPlaced(place, record, work.start);
  const leaving = record.instances.filter(
    ({ version, leavingSince }) => version === work.stop && leavingSince !== null,
  );
  await allSettled(leaving.map((instance) => leave(place, instance, signal)));
};

const assertPlaced = (
  { block }: HaproxyPlace,
  { instances }: BackendRecord,
  version: string | null,
): void => {
  const homeless = instances.find(
    (instance) => instance.version === version && instance.address !== null && instance.server === null,
  );
  if (homeless === undefined || homeless.leavingSince !== null) return;
  throw new SluiceError({
    code: 'TARGET_REFUSED',
    message: `The backend ${block.backend} has no server left for ${homeless.id}.`,
    hint: 'Give it more with `server-template`: three times as many as a version has instances: the new, the old, and the one before it that is kept warm.',
    details: { target: 'haproxy' },
  });
};

const readyIds = async (place: HaproxyPlace, signal?: AbortSignal): Promise<ReadonlySet<string>> => {
  const record = (await readRecord(place.files.record, place.service)) ?? emptyRecord(place.service);
  const seen = await probeAll(place, record, signal);
  return new Set([...seen].filter(([, { ready }]) => ready).map(([id]) => id));
};

/** All of them are seen through before one that failed is told. */
const allSettled = async (tasks: readonly Promise<void>[]): Promise<void> => {
  const results = await Promise.allSettled(tasks);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
};

const start = async (
  place: HaproxyPlace,
  instance: RecordedInstance,
  groups: BackendRecord['groups'],
  signal?: AbortSignal,
): Promise<void> => {
  const group = groups.find(({ version }) => version === instance.version);
  const release = { digest: group?.digest ?? instance.digest, image: group?.image ?? null };
  const { address, digest } = await startInstance(place, instance, release, signal);
  const after = await change(
    place,
    new Set(),
    replaceInstance(instance.id, (known) => ({
      ...known,
      address,
      digest,
      admitted: known.admitted && known.address === address,
    })),
  );
  // Taken back while it came up: nobody else knows that it runs.
  const wantedStill = after.instances.some(
    ({ id, leavingSince }) => id === instance.id && leavingSince === null,
  );
  if (!wantedStill) await stopInstance(place, { ...instance, digest }, signal);
};

const leave = async (
  place: HaproxyPlace,
  instance: RecordedInstance,
  signal?: AbortSignal,
): Promise<void> => {
  const { block } = place;
  const { server, leavingSince } = instance;
  const until = (leavingSince ?? Date.now()) + block.drain;
  while (server !== null && Date.now() < until) {
    const sessions = await readSessions(block.socket, block.backend, signal);
    if ((sessions.get(server) ?? 0) === 0) break;
    await delay(drainEveryMs, undefined, { signal });
  }
  const stays = ({ leavingSince: since }: RecordedInstance): boolean => since === null;
  const parted = await locked(place, async () => {
    const record = await readRecord(place.files.record, place.service);
    const known = record?.instances.find(({ id }) => id === instance.id);
    if (record === null || known === undefined || stays(known)) return false;
    if (known.server !== null)
      await askHaproxy(block.socket, `set server ${block.backend}/${known.server} state maint`);
    await writeRecord(
      place.files.record,
      replaceInstance(instance.id, (it) => ({ ...it, address: null, server: null, admitted: false }))(record),
    );
    return true;
  });
  if (!parted) return;
  await stopInstance(place, instance, signal);
  await change(place, new Set(), (record) => ({
    ...record,
    instances: record.instances.filter((it) => it.id !== instance.id || stays(it)),
  }));
};

/** Keeps what a release is made of beside the record, under its digest. */
export const keepArtifact = async ({ block }: HaproxyPlace, artifact: ArtifactContent): Promise<void> => {
  if (artifact.text === null) return;
  const file = artifactFile(block.state, artifact.digest);
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await replaceFile(file, artifact.text);
};
