import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { haproxyTarget } from '../../../activities/targets/haproxy/adapter.ts';
import type { Target } from '../../../activities/targets/target.ts';
import type { RolloutView } from '../../../src/store/views.ts';
import { parseServiceFile } from '../../../src/service-file/read.ts';
import { Dev, root } from '../../e2e/dev.ts';
import { until } from '../../e2e/until.ts';
import { obtainHaproxy } from '../../servers/obtain-haproxy.ts';
import { obtainPrometheus } from '../../servers/obtain-prometheus.ts';
import { SteadyLoad } from '../../servers/steady-load.ts';
import { freePort } from '../../servers/free-port.ts';

/** Values of the example's files that a test can't wait for, or that may be taken on this machine. */
type Changes = readonly (readonly [string, string])[];

const edit = (file: string, changes: Changes): void => {
  let text = readFileSync(file, 'utf8');
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`"${from}" does not stand in ${file}`);
    text = text.replaceAll(from, to);
  }
  writeFileSync(file, text);
};

const answers = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(url)).status < 500;
  } catch {
    // Nobody listens yet.
    return false;
  }
};

/** An example as its README has it run: its HAProxy, its Prometheus, the daemon, and clients that ask all the time. */
export class Example {
  readonly service: string;
  readonly dev: Dev;
  readonly folder: string;
  readonly load: SteadyLoad;
  readonly target: Target;
  readonly #programs: readonly ChildProcess[];

  private constructor(
    service: string,
    dev: Dev,
    target: Target,
    load: SteadyLoad,
    programs: readonly ChildProcess[],
  ) {
    this.service = service;
    this.dev = dev;
    this.folder = dev.files.services;
    this.target = target;
    this.load = load;
    this.#programs = programs;
  }

  static async start(name: string, service: string, rate: number, changes: Changes): Promise<Example> {
    const [haproxy, prometheus] = [await obtainHaproxy(), await obtainPrometheus()];
    if (haproxy.program === null) throw new Error(haproxy.sentence);
    if (prometheus.program === null) throw new Error(prometheus.sentence);
    const dev = await Dev.start([]);
    const programs: ChildProcess[] = [];
    try {
      const folder = dev.files.services;
      cpSync(path.join(root, 'examples', name), folder, { recursive: true });
      cpSync(path.join(root, 'examples/app'), path.join(folder, '../app'), { recursive: true });
      mkdirSync(path.join(folder, 'run/state'), { recursive: true });
      mkdirSync(path.join(folder, 'run/scrape'));
      const [clients, metrics] = [await freePort(), await freePort()];
      const [, bind = ''] =
        /127\.0\.0\.1:(80\d\d)/.exec(readFileSync(path.join(folder, 'haproxy.cfg'), 'utf8')) ?? [];
      edit(path.join(folder, 'haproxy.cfg'), [[`127.0.0.1:${bind}`, `127.0.0.1:${String(clients)}`]]);
      const file = path.join(folder, `${service}.yml`);
      const [, port = ''] = /127\.0\.0\.1:(90\d\d)/.exec(readFileSync(file, 'utf8')) ?? [];
      edit(file, [[`127.0.0.1:${port}`, `127.0.0.1:${String(metrics)}`], ...changes]);

      const libraries = haproxy.libraries === null ? {} : { LD_LIBRARY_PATH: haproxy.libraries };
      const run = (program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): void => {
        const child = spawn(program, args, { cwd: folder, stdio: 'ignore', env: { ...process.env, ...env } });
        process.once('exit', () => void child.kill('SIGKILL'));
        programs.push(child);
      };
      run(haproxy.program, ['-db', '-f', 'haproxy.cfg'], libraries);
      const listen = `--web.listen-address=127.0.0.1:${String(metrics)}`;
      run(prometheus.program, ['--config.file=prometheus.yml', listen, '--storage.tsdb.path=run/data']);
      const url = `http://127.0.0.1:${String(clients)}`;
      await until('HAProxy is up', () => existsSync(path.join(folder, 'run/admin.sock')));
      await until('Prometheus is ready', () => answers(`http://127.0.0.1:${String(metrics)}/-/ready`));

      const block = parseServiceFile(readFileSync(file), file).file.environments['production']?.target
        .haproxy;
      if (block === undefined) throw new Error('The example has no HAProxy target.');
      const target = haproxyTarget(block, 'production');
      await establish(target, service, folder);
      await until('clients are served', () => answers(url));
      const load = new SteadyLoad(url, rate);
      const example = new Example(service, dev, target, load, programs);
      const query = `http_requests_total{app="${service}"}`;
      await until('Prometheus has seen it', async () => {
        const found = await fetch(
          `http://127.0.0.1:${String(metrics)}/api/v1/query?query=${encodeURIComponent(query)}`,
        );
        return (await found.text()).includes('"1.0.0"');
      });
      await dev.api.adopt(service);
      return example;
    } catch (error) {
      for (const child of programs) child.kill('SIGKILL');
      await dev.stop();
      throw error;
    }
  }

  /** A rollout from the request to its end; where the gate asks for more time than a test has, it is told to go on. */
  async deploy(version: string): Promise<RolloutView> {
    const service = this.dev.service(this.service);
    const { rolloutId } = await service.deploy(version);
    return service.ends(rolloutId);
  }

  /** Versions that answer clients from now on. */
  async serving(): Promise<readonly (string | null)[]> {
    return [...new Set((await this.load.next(100)).map(({ version }) => version))];
  }

  async stop(): Promise<void> {
    await this.load.stop();
    for (const child of this.#programs) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    const run = path.join(this.folder, 'run');
    for (const file of readdirSync(run).filter((entry) => entry.endsWith('.json'))) {
      const { pid } = JSON.parse(readFileSync(path.join(run, file), 'utf8')) as { readonly pid: number };
      process.kill(pid, 'SIGKILL');
    }
    await this.dev.stop();
  }
}

/** The first release, as somebody had it running before Sluice came. */
const establish = async (target: Target, service: string, folder: string): Promise<void> => {
  const version = '1.0.0';
  const text = readFileSync(path.join(folder, 'releases', `${version}.json`), 'utf8');
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  const mark = (fence: number) => ({ rolloutId: 'before', key: `before/${String(fence)}`, fence });
  await target.apply(service, { do: 'deploy', release: { version, digest } }, mark(1), { digest, text });
  await until('it is ready', async () =>
    (await target.observe(service)).groups.some(({ ready }) => ready === 2),
  );
  await target.apply(service, { do: 'shift', weights: { [version]: 100 } }, mark(2));
  await target.apply(service, { do: 'promote', version }, mark(3));
};
