import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { haproxyTarget } from '../../../activities/targets/haproxy/adapter.ts';
import { askHaproxy } from '../../../activities/targets/haproxy/runtime-api.ts';
import { parseServers } from '../../../activities/targets/haproxy/servers.ts';
import { shareOf } from '../../../activities/targets/haproxy/weights.ts';
import type { Weights } from '../../../runbooks/runbook.ts';
import { canonicalJson } from '../../../runbooks/runbook.ts';
import { haproxyBlock } from '../../../runbooks/targets/haproxy-block.ts';
import { SteadyLoad } from '../../servers/steady-load.ts';
import type { HaproxyServer } from '../../servers/start-haproxy.ts';
import { startHaproxy } from '../../servers/start-haproxy.ts';
import { environment, firstVersion, service } from '../fixture.ts';
import { until } from '../until.ts';
import type { InstanceLine } from './instances.ts';
import { metricsOf, readInstances } from './instances.ts';
import { MetricsPage } from './metrics-page.ts';
import type { Plane, WitnessEvent } from './plane.ts';
import { SocketWitness } from './socket-witness.ts';

const app = join(import.meta.dirname, '../../../examples/app');
/** Requests per second of the clients. */
const rate = 100;

type Unnumbered = WitnessEvent extends infer E ? (E extends WitnessEvent ? Omit<E, 'n'> : never) : never;

/**
 * A real HAProxy with the examples' application behind it and clients before it. Who saw what was done: HAProxy, asked
 * after each change of its runtime socket; the instances, by what they wrote down; the clients, by what was not answered.
 * `folder`: of the stand.
 */
export const haproxyPlane = (folder: string): Plane => {
  const home = join(folder, 'haproxy');
  const [run, socket, releases] = [
    join(home, 'run'),
    join(home, 'witness.sock'),
    join(folder, 'services/releases'),
  ];
  const log: WitnessEvent[] = [];
  const page = new MetricsPage(() => metricsOf(run));
  let address = '';
  let haproxy: HaproxyServer;
  let witness: SocketWitness;
  let load: SteadyLoad;
  let told = { instances: 0, lost: 0 };

  const add = (event: Unnumbered): void => {
    log.push({ ...event, n: log.length + 1 });
  };

  /** Percent per version as HAProxy has it; versions are known by the addresses that their instances wrote down. */
  const seen = async (): Promise<Weights> => {
    const servers = parseServers(await askHaproxy(haproxy.socket, `show servers state ${service}`)) ?? [];
    const versions = new Map(
      readInstances(run).flatMap((one) => ('address' in one ? [[one.address, one.version] as const] : [])),
    );
    return shareOf(
      servers
        .filter(({ admin }) => admin === 'ready')
        .map(({ address: at, weight }) => ({ version: versions.get(at) ?? at, weight })),
    );
  };

  /** Where nobody has any traffic, as while a version is recreated, nothing is said. */
  const look = async (): Promise<void> => {
    const weights = await seen();
    const last = log.findLast((event) => event.event === 'weights');
    if (Object.keys(weights).length === 0) return;
    if (last?.event === 'weights' && canonicalJson(last.weights) === canonicalJson(weights)) return;
    add({ at: Date.now(), event: 'weights', service, weights });
  };

  const programs = (instances: number) => ({
    socket,
    backend: service,
    state: haproxy.state,
    instances,
    start: [process.execPath, `${app}/start.mjs`, run, '{instance}', '{digest}', '{artifact}'],
    stop: [process.execPath, `${app}/stop.mjs`, run, '{instance}'],
    ready: { digest: 'x-digest' },
    // A run that its worker did not see the end of is given up after this long.
    within: '5s',
    drain: '1s',
  });

  /** The first release, as somebody had it running before Sluice came. */
  const establish = async (): Promise<void> => {
    const target = haproxyTarget(haproxyBlock.parse({ ...programs(1), directory: home }), environment);
    const artifact = readFileSync(join(releases, `${firstVersion}.json`), 'utf8');
    const digest = `sha256:${createHash('sha256').update(artifact).digest('hex')}`;
    const mark = (fence: number) => ({ rolloutId: 'before', key: `before/${String(fence)}`, fence });
    const release = { version: firstVersion, digest };
    await target.apply(service, { do: 'deploy', release }, mark(1), { digest, text: artifact });
    await until('the first version is ready', async () =>
      (await target.observe(service)).groups.every(({ ready }) => ready === 1),
    );
    await target.apply(service, { do: 'shift', weights: { [firstVersion]: 100 } }, mark(2));
    await target.apply(service, { do: 'promote', version: firstVersion }, mark(3));
  };

  return {
    target: 'haproxy',
    knowsKeys: false,
    practice: [],
    blocks: (_target, instances) => {
      const counter = (more: string): string => `http_requests_total{version="$version"${more}}`;
      return {
        block: JSON.stringify({ haproxy: programs(instances) }),
        source: JSON.stringify({ scrape: { url: address } }),
        queries: `total: '${counter('')}', bad: '${counter(',code="500"')}', `,
      };
    },
    open: async () => {
      mkdirSync(join(run, 'scrape'), { recursive: true });
      haproxy = await startHaproxy({ backend: service, folder: home });
      mkdirSync(haproxy.state, { recursive: true });
      witness = new SocketWitness(socket, haproxy.socket, look);
      await witness.open();
      address = await page.open();
      await establish();
      load = new SteadyLoad(haproxy.url, rate);
      await load.next(1);
    },
    events: async (after) => {
      const [instances, lost] = [readInstances(run), load.failures.filter(isLost)];
      for (const one of instances.slice(told.instances)) {
        const { at, pid, instance } = one;
        if ('address' in one) {
          add({ at, pid, instance, service, version: one.version, restarts: 0, event: 'instance-started' });
        } else {
          const version = instances.find((known) => known.pid === pid && 'address' in known);
          if (version !== undefined && 'version' in version)
            add({
              ...{ at, pid, instance, service, version: version.version },
              ...{ event: 'instance-exited', code: 0, signal: null },
            });
        }
      }
      for (const why of lost.slice(told.lost)) add({ at: Date.now(), event: 'lost', why });
      told = { instances: instances.length, lost: lost.length };
      return log.filter(({ n }) => n > after);
    },
    weights: seen,
    fails: async (version, is) => {
      for (const one of running(run))
        if ('version' in one && one.version === version) process.kill(one.pid, is ? 'SIGUSR2' : 'SIGUSR1');
    },
    close: async () => {
      await load.stop();
      await page.close();
      await witness.close();
      for (const { pid } of running(run)) process.kill(pid, 'SIGKILL');
      await haproxy.stop();
    },
  };
};

/** What failed was answered by a bad version itself; everything else was nobody's answer. */
const isLost = (why: string): boolean => !why.endsWith(': 500');

const running = (run: string): readonly InstanceLine[] => {
  const all = readInstances(run);
  const over = new Set(all.flatMap((one) => ('ended' in one ? [one.pid] : [])));
  return all.filter((one) => 'address' in one && !over.has(one.pid));
};
