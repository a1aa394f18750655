import type { HaproxyPlace } from './place.ts';
import type { BackendRecord, RecordedInstance } from './record.ts';
import { replaceFile } from '../../replace-file.ts';
import { askHaproxy, senseless, unavailable } from './runtime-api.ts';
import type { Server } from './servers.ts';
import { readServers } from './servers.ts';
import { spread } from './weights.ts';

/**
 * Makes HAProxy's backend what the record says, under the lock, and reads it back. Returns the record with the servers
 * that instances were given. `ready`: ids of the instances that would answer now; one that never was has no weight yet.
 *
 * @throws SluiceError TARGET_UNAVAILABLE (HAProxy is away, or did not do it: try again)
 */
export const drive = async (
  place: HaproxyPlace,
  record: BackendRecord,
  ready: ReadonlySet<string>,
): Promise<BackendRecord> => {
  const { socket, backend } = place.block;
  const { servers } = await readServers(socket, backend);
  const next = withServers(record, servers, ready);
  for (const instance of next.instances) await settle(place, instance, servers);
  await weigh(place, next, servers);
  const after = await readServers(socket, backend);
  confirm(place, next, after.servers);
  // A HAProxy that starts again reads it (`load-server-state-from-file local`), and has lost nothing.
  await replaceFile(place.files.servers, after.text);
  return next;
};

/**
 * Gives every instance with an address a server of the backend, and notes which may have weight from now on. Where none is
 * left it goes without: the others' traffic must not wait for that.
 */
const withServers = (
  record: BackendRecord,
  servers: readonly Server[],
  ready: ReadonlySet<string>,
): BackendRecord => {
  const names = new Map(servers.map((server) => [server.name, server]));
  const used = new Set(record.instances.flatMap(({ server }) => (server === null ? [] : [server])));
  const free = servers
    .filter(({ name, admin }) => admin === 'maint' && !used.has(name))
    .map(({ name }) => name);
  const instances = record.instances.map((instance): RecordedInstance => {
    // The configuration may have fewer servers than before.
    const held = instance.server !== null && names.has(instance.server) ? instance.server : null;
    if (instance.address === null || (held === null && instance.leavingSince !== null))
      return { ...instance, server: held, admitted: false };
    const server = held ?? free.shift();
    if (server === undefined) return { ...instance, server: null, admitted: false };
    const moved = held === null || names.get(server)?.address !== instance.address;
    return { ...instance, server, admitted: ready.has(instance.id) || (instance.admitted && !moved) };
  });
  return { ...record, instances };
};

const command = async ({ block }: HaproxyPlace, line: string, allowed: RegExp): Promise<void> => {
  const answer = await askHaproxy(block.socket, line);
  if (!allowed.test(answer.trim())) throw senseless(line, answer);
};

const silence = /^$/;
const addressSet = /^(?:no need to change|.*changed)[^\n]*$/i;

/** Address and state of one server; whatever it was, it has no weight while it changes. */
const settle = async (
  place: HaproxyPlace,
  { server, address, leavingSince }: RecordedInstance,
  servers: readonly Server[],
): Promise<void> => {
  const now = servers.find(({ name }) => name === server);
  if (now === undefined) return;
  const name = `${place.block.backend}/${now.name}`;
  if (address !== null && now.address !== address) {
    if (now.weight > 0) await command(place, `set weight ${name} 0`, silence);
    const [, host = '', port = ''] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(address) ?? [];
    await command(place, `set server ${name} addr ${host} port ${port}`, addressSet);
  }
  const wanted = address === null ? 'maint' : leavingSince === null ? 'ready' : 'drain';
  if (wanted === 'ready' && now.admin !== 'ready' && now.weight > 0)
    await command(place, `set weight ${name} 0`, silence);
  // Draining comes after the others have taken over, in `weigh`.
  if (wanted !== 'drain' && now.admin !== wanted)
    await command(place, `set server ${name} state ${wanted}`, silence);
};

/** Weight of each server that the record knows. */
const wantedWeights = ({ weights, instances }: BackendRecord): ReadonlyMap<string, number> => {
  const known = instances.flatMap((instance) =>
    instance.server === null ? [] : [{ ...instance, server: instance.server }],
  );
  const able = known.filter(({ admitted, leavingSince }) => admitted && leavingSince === null);
  const found = new Map(known.map(({ server }) => [server, 0]));
  for (const [server, weight] of spread(weights, able)) found.set(server, weight);
  return found;
};

/** Whether all weight would go although somebody is to have traffic: then it stays where it is. */
const wouldGoDark = (record: BackendRecord, wanted: ReadonlyMap<string, number>): boolean =>
  [...wanted.values()].every((weight) => weight === 0) &&
  record.groups.some(({ version, instances }) => instances > 0 && (record.weights[version] ?? 0) > 0);

/** All weights in one line: first those that rise, so that at no moment nobody has any. */
const weigh = async (
  place: HaproxyPlace,
  record: BackendRecord,
  before: readonly Server[],
): Promise<void> => {
  const { backend } = place.block;
  const wanted = wantedWeights(record);
  if (!wouldGoDark(record, wanted)) {
    const changes = [...wanted]
      .map(([server, weight]) => ({
        server,
        weight,
        rise: weight - (before.find(({ name }) => name === server)?.weight ?? 0),
      }))
      .filter(({ rise, weight, server }) => rise !== 0 || (weight > 0 && wasSettled(record, server, before)))
      .sort((one, other) => other.rise - one.rise);
    const line = changes
      .map(({ server, weight }) => `set weight ${backend}/${server} ${String(weight)}`)
      .join(';');
    if (line !== '') await command(place, line, silence);
  }
  for (const { server, leavingSince } of record.instances) {
    const now = before.find(({ name }) => name === server);
    if (server !== null && leavingSince !== null && now?.admin === 'ready')
      await command(place, `set server ${backend}/${server} state drain`, silence);
  }
};

/** `settle` has taken its weight away. */
const wasSettled = (record: BackendRecord, server: string, before: readonly Server[]): boolean => {
  const now = before.find(({ name }) => name === server);
  const instance = record.instances.find((known) => known.server === server);
  return now?.admin !== 'ready' || now.address !== instance?.address;
};

/** HAProxy's word that it is as wanted; what is not, is tried again. */
const confirm = ({ block }: HaproxyPlace, record: BackendRecord, servers: readonly Server[]): void => {
  const wanted = wantedWeights(record);
  const dark = wouldGoDark(record, wanted);
  for (const { server, address, leavingSince } of record.instances) {
    if (server === null) continue;
    const now = servers.find(({ name }) => name === server);
    const right =
      now !== undefined &&
      (address === null
        ? now.admin === 'maint'
        : now.address === address &&
          (leavingSince === null ? now.admin === 'ready' : now.admin !== 'ready') &&
          (dark || now.weight === (wanted.get(server) ?? 0)));
    if (right) continue;
    throw unavailable(
      `HAProxy has ${block.backend}/${server} as ${JSON.stringify(now ?? 'missing')}, not as it was told.`,
      'It is tried again; somebody else may be changing the backend.',
    );
  }
};
