import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describePart } from './describe-part.ts';
import { freePort } from './free-port.ts';
import { obtainRegistry } from './obtain-registry.ts';

const execute = promisify(execFile);

const obtained = await obtainRegistry().then(
  (programs) => ({ programs, sentence: '' }),
  (error: unknown) => ({ programs: null, sentence: error instanceof Error ? error.message : String(error) }),
);

/** Tests that need one: they fail without it in CI, and are skipped with the reason elsewhere. */
export const describeWithRegistry = (title: string, tests: () => void): void => {
  describePart({ missing: obtained.programs === null ? obtained.sentence : null }, title, tests);
};

export type Registry = {
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** Where it keeps what was pushed: a second one may serve the same. */
  readonly files: string;
  /** Runs crane against it. @returns its stdout without the line feed */
  readonly crane: (...args: readonly string[]) => Promise<string>;
  /** Pushes an image of one small file for a platform, under a tag. @returns its digest, as crane counts it */
  readonly push: (name: string, tag: string, platform: string) => Promise<string>;
  /** Pushes an index of those tags. @returns its digest */
  readonly pushIndex: (name: string, tag: string, of: readonly string[]) => Promise<string>;
  readonly stop: () => Promise<void>;
};

/** How it lets people in; the lines of its configuration under `auth:`. */
export type RegistryAuth = readonly string[];

/** The CNCF's registry on files in a temporary folder. `login`: what crane says to get in. */
export const startRegistry = async (
  options: {
    readonly auth?: RegistryAuth;
    readonly login?: readonly [string, string];
    readonly files?: string;
  } = {},
): Promise<Registry> => {
  if (obtained.programs === null) throw new Error(obtained.sentence);
  const { programs } = obtained;
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-registry-'));
  const host = `127.0.0.1:${String(await freePort())}`;
  const files = options.files ?? path.join(folder, 'files');
  const config = path.join(folder, 'config.yml');
  await writeFile(
    config,
    [
      'version: 0.1',
      'log: { level: error, accesslog: { disabled: true } }',
      `storage: { filesystem: { rootdirectory: ${files} }, delete: { enabled: true } }`,
      `http: { addr: '${host}' }`,
      ...(options.auth === undefined ? [] : ['auth:', ...options.auth.map((line) => `  ${line}`)]),
    ].join('\n'),
  );
  const server = await serve(programs.registry, config, host);
  const env = { ...process.env, DOCKER_CONFIG: path.join(folder, 'docker') };
  const crane: Registry['crane'] = async (...args) => {
    const { stdout } = await execute(programs.crane, [...args, '--insecure'], { env });
    return stdout.trim();
  };
  if (options.login !== undefined)
    await crane('auth', 'login', host, '-u', options.login[0], '-p', options.login[1]);
  return {
    host,
    files,
    crane,
    push: async (name, tag, platform) => {
      const content = path.join(folder, `${name.replaceAll('/', '-')}-${tag}`);
      await mkdir(content);
      await writeFile(path.join(content, 'hello.txt'), `${name} ${tag} ${platform}\n`);
      await execute('tar', ['-cf', `${content}.tar`, '-C', content, 'hello.txt']);
      const image = `${host}/${name}:${tag}`;
      await crane('append', '--oci-empty-base', '-f', `${content}.tar`, '-t', image);
      await crane('mutate', image, '--set-platform', platform, '-t', image);
      return crane('digest', image);
    },
    pushIndex: async (name, tag, of) => {
      const image = `${host}/${name}:${tag}`;
      await crane('index', 'append', ...of.flatMap((each) => ['-m', `${host}/${name}:${each}`]), '-t', image);
      return crane('digest', image);
    },
    stop: async () => {
      await end(server);
      await rm(folder, { recursive: true, force: true });
    },
  };
};

const serve = async (program: string, config: string, host: string): Promise<ChildProcess> => {
  const said: string[] = [];
  const server = spawn(program, ['serve', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' },
  });
  server.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  // A test run that breaks off must not leave it behind.
  const kill = (): void => void server.kill('SIGKILL');
  process.once('exit', kill);
  server.once('exit', () => process.off('exit', kill));
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      // Locked or not: it answers.
      await fetch(`http://${host}/v2/`);
      return server;
    } catch (error) {
      if (Date.now() > deadline || server.exitCode !== null) {
        throw new Error(`The registry did not start: ${said.join('').slice(-2000)}`, { cause: error });
      }
      await pause(50);
    }
  }
};

const end = async (server: ChildProcess): Promise<void> => {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGKILL');
  await ended;
};
