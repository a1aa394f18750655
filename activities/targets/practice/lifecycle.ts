import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SluiceError } from '../../../runbooks/errors.ts';
import { callPlane, parseAnswer } from './control-client.ts';
import { healthSchema, homeOwnedExit, planeProtocol } from './control.ts';
import type { PlaneHealth } from './control.ts';
import { siblingEntry } from './entry.ts';

export { seedPlane } from './seed.ts';

export type EnsureOptions = {
  /** The plane's program; by default the one beside this file, source or compiled. */
  readonly entry?: string;
  /** File that takes what the plane prints, appended. */
  readonly logFile: string;
  /** How long the plane may take until it answers, in ms (20,000). */
  readonly withinMs?: number;
};

type Found = PlaneHealth | 'absent' | 'silent';

const findPlane = async (home: string): Promise<Found> => {
  try {
    const answer = await callPlane(home, { method: 'GET', path: '/health' });
    return parseAnswer(healthSchema, answer.body);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    switch (error.details?.['reason']) {
      case 'absent':
        return 'absent';
      case 'timeout':
      case 'broken':
        return 'silent';
      default:
        throw error;
    }
  }
};

/** What the plane of `home` says of itself; `null` if it does not answer. */
export const planeHealth = async (home: string): Promise<PlaneHealth | null> => {
  const found = await findPlane(home);
  return typeof found === 'string' ? null : found;
};

const checkProtocol = (health: PlaneHealth, home: string): void => {
  if (health.protocol === planeProtocol) return;
  throw new SluiceError({
    code: 'TARGET_UNAVAILABLE',
    message: `The practice plane in ${home} (pid ${String(health.pid)}) speaks protocol ${String(health.protocol)}, this Sluice ${String(planeProtocol)}.`,
    hint: `Stop it (kill ${String(health.pid)}) and start again; its services come back as they were.`,
  });
};

/** `failure`: why the process ended, unless it found the home taken. */
type Spawned = { readonly child: ChildProcess; readonly failure: () => string | null };

const lastLines = async (file: string): Promise<string> => {
  const text = await readFile(file, 'utf8');
  return text.trimEnd().split('\n').slice(-20).join('\n');
};

const spawnPlane = (home: string, options: EnsureOptions): Spawned => {
  const entry = resolve(options.entry ?? siblingEntry(import.meta.url, './plane/main'));
  // Loader and debugger flags are meant for the daemon; the plane must not inherit them.
  const { NODE_OPTIONS: _unused, ...env } = process.env;
  const log = openSync(options.logFile, 'a', 0o600);
  const child = spawn(process.execPath, [entry, '--home', resolve(home)], {
    detached: true,
    // It outlives whoever started it, and must not hold on to a folder of theirs.
    cwd: resolve(home),
    stdio: ['ignore', log, log],
    env,
  });
  closeSync(log);
  child.unref();
  let ended: string | null = null;
  child.on('error', (error) => (ended = error.message));
  child.on('exit', (code, signal) => (ended = `ended with ${signal ?? `code ${String(code)}`}`));
  return { child, failure: () => (child.exitCode === homeOwnedExit ? null : ended) };
};

/**
 * Sees to it that the plane of `home` runs: adopts one that answers, else starts one that outlives this process.
 * May be called by several at once: one starts it, the others adopt it.
 *
 * @returns the plane's pid, and whether it was there before.
 * @throws SluiceError TARGET_UNAVAILABLE with the end of its log if it does not come up.
 */
export const ensurePlane = async (
  home: string,
  options: EnsureOptions,
): Promise<{ readonly pid: number; readonly adopted: boolean }> => {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  mkdirSync(dirname(options.logFile), { recursive: true, mode: 0o700 });
  const deadline = Date.now() + (options.withinMs ?? 20_000);
  let own: Spawned | null = null;
  for (;;) {
    const health = await planeHealth(home);
    if (health !== null && !health.stopping) {
      checkProtocol(health, home);
      const adopted = health.pid !== own?.child.pid;
      // One of ours that came too late must not take over when the owner goes one day.
      if (adopted) own?.child.kill('SIGKILL');
      return { pid: health.pid, adopted };
    }
    const failure = own?.failure() ?? null;
    if (failure !== null || Date.now() > deadline) {
      throw new SluiceError({
        code: 'TARGET_UNAVAILABLE',
        message: `The practice plane in ${home} did not come up: ${failure ?? 'no answer in time'}.`,
        hint: `The end of ${options.logFile}:\n${await lastLines(options.logFile)}`,
      });
    }
    // The home may be taken by one that is just starting, or just going: then this is tried again.
    if (own === null || own.child.exitCode === homeOwnedExit) own = spawnPlane(home, options);
    await delay(50);
  }
};

/**
 * Stops the plane of `home` in order: the load ends, requests in flight finish, instances exit. Its state stays, so
 * that the next one brings all services back.
 *
 * @returns whether one was running.
 * @throws SluiceError TARGET_UNAVAILABLE if it is still there after 20 s.
 */
export const stopPlane = async (home: string): Promise<boolean> => {
  const deadline = Date.now() + 20_000;
  let stopping: number | null = null;
  while (Date.now() < deadline) {
    const found = await findPlane(home);
    if (found === 'absent') return stopping !== null;
    if (found !== 'silent') {
      // Another pid: somebody has started the next one already.
      if (stopping !== null && found.pid !== stopping) return true;
      if (stopping === null) await callPlane(home, { method: 'POST', path: '/shutdown' });
      stopping = found.pid;
    }
    await delay(50);
  }
  throw new SluiceError({
    code: 'TARGET_UNAVAILABLE',
    message: `The practice plane in ${home} (pid ${String(stopping ?? 'unknown')}) did not stop within 20 s.`,
    hint: 'End that process with kill -9: nothing is lost by it.',
  });
};
