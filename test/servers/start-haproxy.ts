import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { obtainHaproxy } from './obtain-haproxy.ts';
import { freePort } from './free-port.ts';

// A real HAProxy of the tests: loopback, a free port, its socket in a temporary folder.

export type HaproxyServer = {
  /** Where its clients ask. */
  readonly url: string;
  readonly socket: string;
  readonly backend: string;
  /** Folder for what Sluice remembers, from which this HAProxy reads its servers when it starts. */
  readonly state: string;
  /** One line to its runtime socket, as a person would. */
  readonly say: (line: string) => Promise<string>;
  /** Lets it die without a word; `restart` starts it again on its configuration. */
  readonly kill: () => Promise<void>;
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

const configOf = (folder: string, port: number, backend: string, servers: number): string => `
global
  stats socket ${folder}/admin.sock mode 600 level admin
  maxconn 2000
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
frontend clients
  bind 127.0.0.1:${String(port)}
  default_backend ${backend}
backend ${backend}
  balance roundrobin
  option httpchk GET /healthz
  retry-on all-retryable-errors
  http-request disable-l7-retry if METH_POST
  load-server-state-from-file local
  server-state-file-name ${folder}/state/${backend}.servers
  server-template slot 1-${String(servers)} 127.0.0.1:1 check inter 500ms disabled
`;

const ask = (socket: string, line: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    const connection = createConnection(socket);
    connection.setEncoding('utf8').on('data', (part: string) => (text += part));
    connection.on('end', () => {
      resolve(text);
    });
    connection.on('error', reject);
    connection.end(`${line}\n`);
  });

const launch = async (folder: string, socket: string): Promise<ChildProcess> => {
  const obtained = await obtainHaproxy();
  if (obtained.program === null) throw new Error(obtained.sentence);
  const { program, libraries } = obtained;
  const said: string[] = [];
  const child = spawn(program, ['-db', '-f', path.join(folder, 'haproxy.cfg')], {
    env: { ...process.env, ...(libraries === null ? {} : { LD_LIBRARY_PATH: libraries }) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  // A test run that breaks off must not leave it behind.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  for (const deadline = Date.now() + 30_000; ;) {
    if (child.exitCode !== null) throw new Error(`HAProxy ended: ${said.join('').slice(-2000)}`);
    try {
      if ((await ask(socket, 'show info')).includes(`Pid: ${String(child.pid)}`)) return child;
    } catch {
      // Nobody listens yet.
    }
    if (Date.now() > deadline) throw new Error(`HAProxy is not up: ${said.join('').slice(-2000)}`);
    await pause(25);
  }
};

const end = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
};

type Wanted = { readonly backend?: string; readonly servers?: number; readonly folder?: string };

/** Starts one with a backend of so many servers, all of them free. `folder`: where its files are to be. */
export const startHaproxy = async ({
  backend = 'shop',
  servers = 8,
  folder: given,
}: Wanted = {}): Promise<HaproxyServer> => {
  if (given !== undefined) await mkdir(given, { recursive: true });
  const folder = given ?? (await mkdtemp(path.join(tmpdir(), 'sluice-haproxy-')));
  const port = await freePort();
  const socket = path.join(folder, 'admin.sock');
  await writeFile(path.join(folder, 'haproxy.cfg'), configOf(folder, port, backend, servers));
  let child = await launch(folder, socket);
  return {
    url: `http://127.0.0.1:${String(port)}`,
    socket,
    backend,
    state: path.join(folder, 'state'),
    say: (line) => ask(socket, line),
    kill: () => end(child, 'SIGKILL'),
    restart: async () => {
      await end(child, 'SIGKILL');
      child = await launch(folder, socket);
    },
    stop: async () => {
      await end(child, 'SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
};
