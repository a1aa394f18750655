import { execFile, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { z } from 'zod';
import { SluiceError } from '../runbooks/errors.ts';
import { findPart } from '../src/parts.ts';
import { searchAttributes } from '../workflows/status.ts';

const recordSchema = z.object({
  pid: z.int().positive(),
  port: z.int().positive(),
  uiPort: z.int().positive(),
});

/** What the data folder remembers of the dev server: which process it is and where it listens. */
export type ServerRecord = z.infer<typeof recordSchema>;

const startWithinMs = 30_000;
const stopWithinMs = 10_000;

/** So many times it is started where somebody else takes a port between the look for it and the server's own start. */
const mostStarts = 5;

/** Starts the dev server on the ports it had before, if they are free. @throws SluiceError TEMPORAL_UNAVAILABLE */
export const launch = async (
  folder: string,
  before: ServerRecord | null,
  starts = mostStarts,
): Promise<ServerRecord> => {
  const part = await findPart('temporal');
  if (!part.found) throw new SluiceError({ code: 'TEMPORAL_UNAVAILABLE', message: part.sentence });
  // The same ports again where they are free: a daemon's or a browser's address stays good.
  const port = await freePort(before?.port);
  const uiPort = await freePort(before?.uiPort);
  const logFile = path.join(folder, 'server.log');
  const out = openSync(logFile, 'a', 0o600);
  const logged = fstatSync(out).size;
  const child = spawn(
    part.path,
    [
      'server',
      'start-dev',
      ...['--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)],
      ...['--db-filename', databaseOf(folder), '--log-level', 'error'],
      ...Object.values(searchAttributes).flatMap(({ name }) => ['--search-attribute', `${name}=Keyword`]),
    ],
    { detached: true, stdio: ['ignore', out, out], env: withoutTemporal(process.env) },
  );
  closeSync(out);
  child.unref();
  const failed = new Promise<string>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('exit', (code, signal) => {
      resolve(`it ended with ${signal ?? `code ${String(code)}`}`);
    });
  });
  const problem = (why: string): SluiceError => cannotStart(why, logFile, wroteSince(logFile, logged));
  if (child.pid === undefined) throw problem(await failed);
  const record = { pid: child.pid, port, uiPort };
  await writeRecord(folder, record);
  const ended = new AbortController();
  void failed.then(() => {
    ended.abort();
  });
  const up = await Promise.race([answers(port, startWithinMs, ended.signal), failed]);
  if (up === true) return record;
  if (up === false) throw problem('it does not answer');
  if (starts <= 1 || !isTaken(wroteSince(logFile, logged))) throw problem(up);
  return launch(folder, before, starts - 1);
};

/** What one start has written. */
const wroteSince = (logFile: string, from: number): string =>
  readFileSync(logFile).subarray(from).toString('utf8').trimEnd();

/** It has more ports than those that it is given, and looks for the others itself; one that it lacks makes it panic. */
const isTaken = (wrote: string): boolean => wrote.includes('address already in use');

/** The first words say the cause: a panic ends in a hundred lines of where it was. */
const cannotStart = (why: string, logFile: string, wrote: string): SluiceError => {
  const lines = wrote.split('\n');
  const said = lines.length <= 8 ? lines : [...lines.slice(0, 4), '…', ...lines.slice(-3)];
  return new SluiceError({
    code: 'TEMPORAL_UNAVAILABLE',
    message: `Temporal's dev server did not come up: ${why}.`,
    hint: `It wrote to ${logFile}:\n${said.join('\n')}`,
  });
};

/** The dev server must not read the user's own connection settings as its own. */
const withoutTemporal = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));

const databaseOf = (folder: string): string => path.join(folder, 'temporal.db');
const recordOf = (folder: string): string => path.join(folder, 'server.json');

/** `null`: none has been written, or it can not be read. */
export const readRecord = async (folder: string): Promise<ServerRecord | null> => {
  try {
    return recordSchema.parse(JSON.parse(await readFile(recordOf(folder), 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    if (error instanceof SyntaxError || error instanceof z.ZodError) return null;
    throw error;
  }
};

const writeRecord = async (folder: string, record: ServerRecord): Promise<void> => {
  const file = recordOf(folder);
  await writeFile(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
  await rename(`${file}.new`, file);
};

/** Whether the process of that number is the dev server of this folder, and not a later one that got its number. */
export const isOurs = async ({ pid }: ServerRecord, folder: string): Promise<boolean> => {
  if (!isAlive(pid)) return false;
  const { stdout } = await promisify(execFile)('ps', ['-o', 'args=', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }));
  return stdout.includes(databaseOf(folder));
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

/** Whether the server is there and has its namespace, within the time; `ended`: it is not asked any more. */
export const answers = async (port: number, withinMs: number, ended?: AbortSignal): Promise<boolean> => {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      const connection = await Connection.connect({
        address: `127.0.0.1:${String(port)}`,
        connectTimeout: 1_000,
      });
      try {
        await connection.withDeadline(Date.now() + 2_000, () =>
          connection.workflowService.describeNamespace({ namespace: 'default' }),
        );
        return true;
      } finally {
        await connection.close();
      }
    } catch (error) {
      if (Date.now() > deadline || ended?.aborted === true) return false;
      await delay(error instanceof Error ? 100 : 200);
    }
  }
};

/** Whether nobody listens there any more. */
export const isRefused = async (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'ECONNREFUSED');
    });
  });

const freePort = async (wanted = 0): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (wanted !== 0 && error.code === 'EADDRINUSE') resolve(freePort());
      else reject(error);
    });
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(address.port);
      });
    });
  });

/** Stops the process in order, by force after ten seconds, if it is the one that was started. */
export const end = async (record: ServerRecord, folder: string): Promise<void> => {
  if (await isOurs(record, folder)) {
    process.kill(record.pid, 'SIGTERM');
    const deadline = Date.now() + stopWithinMs;
    // Asked by its command line: a process that is over may leave its number behind until somebody reaps it.
    while (await isOurs(record, folder)) {
      if (Date.now() > deadline) {
        process.kill(record.pid, 'SIGKILL');
        break;
      }
      await delay(100);
    }
  }
  await rm(recordOf(folder), { force: true });
};
