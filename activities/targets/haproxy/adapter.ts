import { SluiceError } from '../../../runbooks/errors.ts';
import type { TargetAction, TargetState } from '../../../runbooks/runbook.ts';
import type { HaproxyBlock } from '../../../runbooks/targets/haproxy-block.ts';
import { noCounters } from '../no-counters.ts';
import type { ArtifactContent, Target, WriteMark } from '../target.ts';
import type { Work } from './converge.ts';
import { asWanted, change, converge, keepArtifact } from './converge.ts';
import { probeAll, readyCount } from './instances.ts';
import type { Seen } from './instances.ts';
import { judge } from './judge.ts';
import type { HaproxyPlace } from './place.ts';
import { haproxyPlace, locked } from './place.ts';
import type { BackendRecord } from './record.ts';
import { emptyRecord, readRecord, writeRecord } from './record.ts';
import type { Server } from './servers.ts';
import { readServers } from './servers.ts';
import { shareOf } from './weights.ts';

type Code = 'TARGET_FENCED' | 'TARGET_REFUSED' | 'TARGET_UNAVAILABLE';

const refusal = (code: Code, message: string, hint: string): SluiceError =>
  new SluiceError({ code, message, hint, details: { target: 'haproxy' } });

const load = async (place: HaproxyPlace): Promise<BackendRecord> =>
  (await readRecord(place.files.record, place.service)) ?? emptyRecord(place.service);

/** Judges the write and keeps what is wanted from now on. Key: `mark.key`; a lower fence is refused, under the lock. */
const decide = async (
  place: HaproxyPlace,
  action: TargetAction,
  mark: WriteMark,
  artifact: ArtifactContent | undefined,
  signal: AbortSignal | undefined,
): Promise<void> => {
  // Asked before the lock: nobody waits for an instance that hangs.
  const seen = await probeAll(place, await load(place), signal);
  const making = { instances: place.block.instances, image: artifact?.image ?? null };
  await locked(place, async () => {
    const record = await load(place);
    const judgement = judge(record, action, mark, making, readyCount(record, seen));
    switch (judgement.is) {
      case 'repeated':
        return;
      case 'applied':
        await writeRecord(place.files.record, asWanted(place, judgement.next, Date.now()));
        return;
      case 'fenced':
        throw refusal('TARGET_FENCED', judgement.why, 'Leave the target to the newer writer.');
      case 'refused':
        if (judgement.next !== undefined) await writeRecord(place.files.record, judgement.next);
        throw refusal(
          judgement.passing === true ? 'TARGET_UNAVAILABLE' : 'TARGET_REFUSED',
          judgement.why,
          judgement.mend,
        );
      default:
        return judgement satisfies never;
    }
  });
};

/** Servers that have traffic and that nobody here knows of: shares could not be told, nor moved. */
const refuseStrangers = (
  { block }: HaproxyPlace,
  record: BackendRecord,
  servers: readonly Server[],
): void => {
  const known = new Set(record.instances.map(({ server }) => server));
  const stranger = servers.find(
    ({ name, admin, weight }) => !known.has(name) && admin === 'ready' && weight > 0,
  );
  if (stranger === undefined) return;
  throw refusal(
    'TARGET_REFUSED',
    `${block.backend}/${stranger.name} (${stranger.address}) has traffic and is none of Sluice's instances.`,
    'Leave the whole backend to Sluice: begin its servers with `disabled`, or take this one out.',
  );
};

/** Whether HAProxy has other addresses than it was given, or somebody became ready who has no weight yet. */
const isForgotten = (
  record: BackendRecord,
  servers: readonly Server[],
  seen: ReadonlyMap<string, Seen>,
): boolean =>
  record.instances.some(({ id, address, server, admitted, leavingSince }) => {
    if (address === null || leavingSince !== null) return false;
    const now = servers.find(({ name }) => name === server);
    return now?.address !== address || (!admitted && seen.get(id)?.ready === true);
  });

const workOf = (action: TargetAction): Work => {
  switch (action.do) {
    case 'deploy':
      return { start: action.release.version, stop: null };
    case 'scale':
      return { start: action.version, stop: action.version };
    case 'retire':
      return { start: null, stop: action.version };
    case 'shift':
    case 'promote':
      return { start: null, stop: null };
    default:
      return action satisfies never;
  }
};

const stateOf = (
  record: BackendRecord,
  servers: readonly Server[],
  seen: ReadonlyMap<string, Seen>,
): TargetState => {
  const serverOf = new Map(servers.map((server) => [server.name, server]));
  const placed = record.instances.flatMap((instance) => {
    const server = instance.server === null ? undefined : serverOf.get(instance.server);
    return server === undefined || server.address !== instance.address ? [] : [{ instance, server }];
  });
  return {
    groups: record.groups.map(({ version, digest, instances }) => {
      const own = placed.filter(
        ({ instance }) => instance.version === version && instance.leavingSince === null,
      );
      const ready = own.filter(({ instance, server }) => server.up && seen.get(instance.id)?.ready === true);
      // What the instances say runs; where one differs, that is what has to be known.
      const said = own.map(({ instance }) => seen.get(instance.id)?.digest ?? instance.digest);
      return {
        version,
        digest: said.find((one) => one !== digest) ?? digest,
        instances,
        ready: ready.length,
      };
    }),
    weights: shareOf(
      placed
        .filter(({ server }) => server.admin === 'ready')
        .map(({ instance, server }) => ({ version: instance.version, weight: server.weight })),
    ),
    stable: record.stable,
    fence: record.fence,
  };
};

/**
 * A service behind one backend of a HAProxy of this machine, driven by its runtime socket (docs/targets.md). What Sluice
 * remembers of it (groups, digests, the fence, the last write) is in the state folder, and only under its lock is HAProxy
 * told anything: a lower fence is refused there, so that nothing late can land. Errors beyond those of `Target`:
 * TARGET_ANSWER_INVALID.
 */
export const haproxyTarget = (block: HaproxyBlock, environment: string): Target => {
  const placeOf = (service: string): HaproxyPlace => haproxyPlace(block, service, environment);

  return {
    ...noCounters('haproxy'),
    wayBackFile: (service) => placeOf(service).files.wayBack,

    /** Puts right what HAProxy forgot in a restart, and gives weight to who has become ready; else only reads. */
    async observe(service, signal) {
      const place = placeOf(service);
      let record = await load(place);
      const seen = await probeAll(place, record, signal);
      let { servers } = await readServers(block.socket, block.backend, signal);
      refuseStrangers(place, record, servers);
      if (isForgotten(record, servers, seen)) {
        const ready = new Set([...seen].filter(([, { ready: is }]) => is).map(([id]) => id));
        record = await change(place, ready);
        ({ servers } = await readServers(block.socket, block.backend, signal));
      }
      return stateOf(record, servers, seen);
    },

    async apply(service, action, mark, artifact, signal) {
      const place = placeOf(service);
      if (artifact !== undefined) await keepArtifact(place, artifact);
      await decide(place, action, mark, artifact, signal);
      await converge(place, workOf(action), signal);
    },

    async address(service, version, signal) {
      const place = placeOf(service);
      const record = await load(place);
      const group = record.instances.filter((instance) => instance.version === version);
      if (group.length === 0)
        throw refusal(
          'TARGET_REFUSED',
          `No instances of ${service} ${version} have been deployed.`,
          'Deploy it first.',
        );
      const seen = await probeAll(place, { ...record, instances: group }, signal);
      const at = group.find(({ id }) => seen.get(id)?.ready === true)?.address;
      if (typeof at === 'string') return `http://${at}`;
      throw new SluiceError({
        code: 'TARGET_UNAVAILABLE',
        message: `None of the ${String(group.length)} instances of ${service} ${version} is ready.`,
        details: { target: 'haproxy' },
      });
    },
  };
};
