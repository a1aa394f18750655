import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { readPracticeEvents } from '../activities/targets/practice/event-log.ts';
import { benchGate } from './bench-gate.ts';
import { benchSlack } from './bench-slack/run.ts';
import { benchStrategies } from './bench-strategies.ts';
import { benchWatches } from './bench-watches/run.ts';
import { askDaemon, practiceEnvironment, startDaemon, stopDaemon } from './practice-daemon.ts';

/** `npm run bench`: each figure a line with its unit; the machine's cores first. Whole processes, real traffic. */
const print = (name: string, value: number, unit: string): void => {
  process.stdout.write(`${name.padEnd(68)} ${value.toFixed(value < 10 ? 2 : 0).padStart(8)} ${unit}\n`);
};

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;

const home = mkdtempSync(path.join(tmpdir(), 'sluice-bench-'));
const env = { ...process.env, ...practiceEnvironment(home), SLUICE_PORT: '0', SLUICE_LOG_LEVEL: 'warn' };

const call = async (
  method: string,
  route: string,
  body?: unknown,
): Promise<{ readonly ms: number; readonly body: unknown }> => {
  const began = performance.now();
  const answer = await askDaemon(home, method, route, body);
  return { ms: performance.now() - began, body: answer };
};

const timed = async (name: string, start: () => Promise<unknown>): Promise<void> => {
  const began = performance.now();
  await start();
  print(name, (performance.now() - began) / 1000, 's');
};

/** Resident memory of a process, in MiB. */
const memory = (pid: number): number =>
  Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;

const latency = async (
  name: string,
  calls: number,
  once: () => Promise<{ readonly ms: number }>,
): Promise<void> => {
  const times: number[] = [];
  for (let i = 0; i < calls; i += 1) times.push((await once()).ms);
  times.sort((a, b) => a - b);
  print(`${name}, p50 of ${String(calls)}`, quantile(times, 0.5), 'ms');
  print(`${name}, p99`, quantile(times, 0.99), 'ms');
};

type View = { readonly state: string; readonly trafficBackMs: number | null; readonly position: number };

const wait = async (id: string): Promise<View> => {
  for (;;) {
    const view = (await call('GET', `/v1/rollouts/${id}?wait=20s`)).body as View;
    if (['rolled-back', 'succeeded', 'aborted', 'refused'].includes(view.state)) return view;
  }
};

/** From the first request that the bad version gets until all traffic is back, by the practice service's own log. */
const faultToBack = async (): Promise<void> => {
  const started = (await call('POST', '/v1/rollouts', { service: 'shop', version: '2.2.0' })).body as {
    readonly rolloutId: string;
  };
  const view = await wait(started.rolloutId);
  if (view.state !== 'rolled-back') throw new Error(`2.2.0 ended as ${view.state}`);
  const weights = (await readPracticeEvents(path.join(home, 'practice'))).filter(
    (event) => event.event === 'weights',
  );
  const first = weights.findIndex((event) => (event.weights['2.2.0'] ?? 0) > 0);
  const back = weights.slice(first).find((event) => (event.weights['2.2.0'] ?? 0) === 0);
  print(
    'fault (3 % errors at 10 %) to traffic back',
    ((back?.at ?? 0) - (weights[first]?.at ?? 0)) / 1000,
    's',
  );
  print('decision to traffic back', view.trafficBackMs ?? Number.NaN, 'ms');
};

/** From the call that says abort until the proxy has the old weights. */
const abortToBack = async (): Promise<void> => {
  const started = (await call('POST', '/v1/rollouts', { service: 'shop', version: '2.1.0' })).body as {
    readonly rolloutId: string;
  };
  const route = `/v1/rollouts/${started.rolloutId}`;
  while (((await call('GET', route)).body as View).state !== 'watching');
  const said = Date.now();
  await call('POST', `${route}/commands`, { command: 'abort' });
  await wait(started.rolloutId);
  const events = await readPracticeEvents(path.join(home, 'practice'));
  const back = events.findLast((event) => event.event === 'weights');
  print('abort said to traffic back', (back?.at ?? 0) - said, 'ms');
};

/** The way back of each strategy, as a client of the service sees it. */
const waysBack = async (): Promise<void> => {
  for (const { strategy, clientMs, decisionMs } of await benchStrategies()) {
    print(`${strategy}: abort said to the client's last sight of the new version`, clientMs, 'ms');
    print('  decision to traffic back, as the rollout tells', decisionMs, 'ms');
  }
};

/** The gate alone, and one worker process with as many watches as it has slots for. */
const gates = async (): Promise<void> => {
  const gate = benchGate();
  const of = `gate, all tests, ${String(gate.instances)} instances, ${String(gate.buckets)} buckets`;
  print(`${of}: one sample`, gate.cpuMicroseconds, 'µs');
  print('  its state in JSON (at most 16)', gate.stateBytes / 1024, 'KiB');
  const own = benchGate(gate.instances, true);
  print('  the same with three custom metrics beside them', own.cpuMicroseconds, 'µs');
  print('  its state in JSON', own.stateBytes / 1024, 'KiB');
  const fleet = await benchWatches();
  print(
    `${String(fleet.watches)} watches on one worker: samples of ${String(fleet.due)} due`,
    fleet.samples,
    '',
  );
  print('  lateness of a sample, p50', fleet.p50Ms, 'ms');
  print('  lateness of a sample, p99 (at most 1000)', fleet.p99Ms, 'ms');
  print('  memory of the worker, most (at most 1536)', fleet.maxRssMiB, 'MiB');
  print('  processor time of the worker', 100 * fleet.cpuShare, '% of a core');
};

const slashCommands = async (): Promise<void> => {
  const { commands, soon, late } = await benchSlack();
  const at = `${String(commands)} slash commands in flight`;
  print(`${at}, acked with the result, p50`, soon.p50Ms, 'ms');
  print('  p99, Temporal answers in 50 ms (at most 300)', soon.p99Ms, 'ms');
  print('  "not confirmed yet", p50', late.p50Ms, 'ms');
  print('  p99, Temporal answers in 4 s (at most 2500)', late.p99Ms, 'ms');
};

process.stdout.write(`${String(cpus().length)} cores, Node ${process.versions.node}\n`);
await gates();
await slashCommands();
await waysBack();
let daemon = await startDaemon(home, env);
await stopDaemon(daemon);
try {
  await timed('start-up of sluiced dev, folder there (Temporal included)', async () => {
    daemon = await startDaemon(home, env);
  });
  print('memory of the daemon, idle', memory(daemon.pid ?? 0), 'MiB');
  await call('POST', '/v1/services/shop/adopt', {});
  await latency('GET /v1/rollouts', 300, () => call('GET', '/v1/rollouts?limit=20'));
  await latency('POST /v1/plans', 30, () => call('POST', '/v1/plans', { service: 'shop', version: '2.1.0' }));
  await faultToBack();
  await abortToBack();
  print('memory of the daemon, after two rollouts', memory(daemon.pid ?? 0), 'MiB');
} catch (error) {
  process.stderr.write(readFileSync(path.join(home, 'daemon.log'), 'utf8').slice(-1500));
  throw error;
} finally {
  await stopDaemon(daemon);
  rmSync(home, { recursive: true, force: true });
}
