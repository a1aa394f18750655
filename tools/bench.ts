import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { readPracticeEvents } from '../activities/targets/practice/event-log.ts';
import { readDaemonFile, readTokenFile } from '../src/home.ts';
import { practiceEnvironment, startDaemon, stopDaemon } from './practice-daemon.ts';

/** `npm run bench`: each figure a line with its unit; the machine's cores first. Whole processes, real traffic. */
const print = (name: string, value: number, unit: string): void => {
  process.stdout.write(`${name.padEnd(58)} ${value.toFixed(value < 10 ? 2 : 0).padStart(8)} ${unit}\n`);
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
  const url = readDaemonFile(home)?.url ?? '';
  const began = performance.now();
  const response = await fetch(`${url}${route}`, {
    method,
    headers: {
      authorization: `Bearer ${readTokenFile(home) ?? ''}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${method} ${route}: ${JSON.stringify(answer)}`);
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

process.stdout.write(`${String(cpus().length)} cores, Node ${process.versions.node}\n`);
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
