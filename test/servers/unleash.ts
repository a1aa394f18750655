import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { obtainUnleash } from './obtain-unleash.ts';
import { startPostgres } from './postgres.ts';
import { freePort } from './free-port.ts';

// A real Unleash of the tests, on a real PostgreSQL of its own: loopback and a free port.

export type UnleashServer = {
  readonly url: string;
  /** May do everything. */
  readonly adminToken: string;
  /** What an application has: reads flags of the environment `production`. */
  readonly clientToken: string;
  /** Asks its API with the admin token. Rejects where it does not answer 2xx. */
  readonly ask: (method: string, path: string, body?: unknown) => Promise<unknown>;
  /** Lets it die without a word, and starts it again on its port. */
  readonly kill: () => Promise<void>;
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

const adminToken = '*:*.sluice-tests-admin';
const clientToken = 'default:production.sluice-tests-client';

export const startUnleash = async (): Promise<UnleashServer> => {
  const program = await obtainUnleash();
  const postgres = await startPostgres();
  const database = `${await postgres.createDatabase()}&sslmode=disable`;
  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}`;
  let child = await start(program, database, port, url);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  return {
    url,
    adminToken,
    clientToken,
    ask: async (method, path, body) => {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: { authorization: adminToken, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${String(answer.status)} ${text}`);
      return text === '' ? null : (JSON.parse(text) as unknown);
    },
    kill: () => end('SIGKILL'),
    restart: async () => {
      child = await start(program, database, port, url);
    },
    stop: async () => {
      await end('SIGKILL');
      await postgres.stop();
    },
  };
};

const start = async (program: string, database: string, port: number, url: string) => {
  const child = spawn(process.execPath, [program], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      DATABASE_URL: database,
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: String(port),
      INIT_ADMIN_API_TOKENS: adminToken,
      INIT_BACKEND_API_TOKENS: clientToken,
      // Nothing is looked up on, or told to, the internet.
      CHECK_VERSION: 'false',
      SEND_TELEMETRY: 'false',
      LOG_LEVEL: 'error',
    },
  });
  const said: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const force = (): void => void child.kill('SIGKILL');
  process.once('exit', force);
  child.once('exit', () => process.off('exit', force));
  const deadline = Date.now() + 60_000;
  for (;;) {
    const up = await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (up) return child;
    if (Date.now() > deadline || child.exitCode !== null)
      throw new Error(`Unleash did not start: ${said.join('')}`);
    await pause(100);
  }
};
