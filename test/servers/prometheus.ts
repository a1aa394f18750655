import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { obtainPrometheus } from './obtain-prometheus.ts';
import { describePart } from './describe-part.ts';
import { freePort } from './free-port.ts';

// A real Prometheus of the tests: loopback, a free port, its data in a temporary folder.

/** What one scrape job is: `targets` are `host:port`; labels are added to all their series. */
export type ScrapeJob = {
  readonly job: string;
  readonly targets: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly intervalMs?: number;
};

export type PrometheusServer = {
  readonly url: string;
  /** Asks for an expression; the values by labels, as Prometheus says them. */
  readonly query: (expression: string) => Promise<readonly PrometheusValue[]>;
  /** Lets it die without a word, and starts it again on its data and port. */
  readonly kill: () => Promise<void>;
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

export type PrometheusValue = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

const obtained = await obtainPrometheus();

/** Tests that need one: they fail without it in CI, and are skipped with the reason elsewhere. */
export const describeWithPrometheus = (title: string, tests: () => void): void => {
  describePart({ missing: obtained.program === null ? obtained.sentence : null }, title, tests);
};

const configOf = (jobs: readonly ScrapeJob[]): string =>
  JSON.stringify({
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: jobs.map(({ job, targets, labels = {}, intervalMs = 1000 }) => ({
      job_name: job,
      scrape_interval: `${String(intervalMs)}ms`,
      scrape_timeout: `${String(Math.min(1000, intervalMs))}ms`,
      honor_labels: true,
      static_configs: [{ targets, labels }],
    })),
  });

/** Awaits a condition; the deadline is for what hangs, not a measure of speed. */
export const until = async <T>(
  what: string,
  probe: () => Promise<T | null>,
  withinMs = 40_000,
): Promise<T> => {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await probe();
    if (found !== null) return found;
    if (Date.now() > deadline) throw new Error(`Not within ${String(withinMs)} ms: ${what}`);
    await pause(50);
  }
};

const answers = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}/-/ready`)).status === 200;
  } catch {
    // Nobody listens yet.
    return false;
  }
};

const launch = async (program: string, folder: string, port: number): Promise<ChildProcess> => {
  const said: string[] = [];
  const child = spawn(
    program,
    [
      `--config.file=${path.join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${path.join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${String(port)}`,
      '--log.level=warn',
    ],
    { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  // A test run that breaks off must not leave it behind.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  await until('Prometheus is ready', async () => {
    if (child.exitCode !== null) throw new Error(`Prometheus ended: ${said.join('').slice(-2000)}`);
    return (await answers(`http://127.0.0.1:${String(port)}`)) ? true : null;
  });
  return child;
};

const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
};

type VectorAnswer = {
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value: readonly [number, string];
    }[];
  };
};

/** Starts one that scrapes these jobs. First samples come seconds after: wait for them. */
export const startPrometheus = async (jobs: readonly ScrapeJob[]): Promise<PrometheusServer> => {
  if (obtained.program === null) throw new Error(obtained.sentence);
  const { program } = obtained;
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-prometheus-'));
  await writeFile(path.join(folder, 'prometheus.yml'), configOf(jobs));
  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}`;
  let child = await launch(program, folder, port);
  return {
    url,
    query: async (expression) => {
      const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
      const { data } = (await answer.json()) as VectorAnswer;
      return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    },
    kill: () => end(child, 'SIGKILL'),
    restart: async () => {
      child = await launch(program, folder, port);
    },
    stop: async () => {
      await end(child, 'SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** Awaits a scrape of every target: without it the first answers are empty. */
export const untilUp = async (server: PrometheusServer, targets: number): Promise<void> => {
  await until(`${String(targets)} targets are up`, async () =>
    (await server.query('up == 1')).length >= targets ? true : null,
  );
};
