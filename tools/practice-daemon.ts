import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readDaemonFile, readTokenFile } from '../src/home.ts';
import { root } from './stamp.ts';

const readyWithinMs = 60_000;

/** Environment of a daemon that practises on the example shop, and of the commands that speak to it. */
export const practiceEnvironment = (home: string): Readonly<Record<string, string>> => ({
  SLUICE_HOME: home,
  SLUICE_SERVICES: path.join(root, 'examples', 'shop'),
  SLUICE_PRACTICE: path.join(root, 'examples', 'shop', 'practice.json'),
});

/** One of the two programs, as a user runs it. `stdio`: the terminal, or a file that takes what it prints. */
export const runBuilt = (
  name: 'sluice' | 'sluiced',
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  stdio: 'inherit' | number,
): ChildProcess =>
  spawn(process.execPath, [path.join(root, 'bin', `${name}.js`), ...args], {
    env,
    stdio: stdio === 'inherit' ? 'inherit' : ['ignore', stdio, stdio],
  });

/**
 * Starts `sluiced dev` in the folder and waits until it answers. Rejects with the end of its log if it doesn't.
 */
export const startDaemon = async (home: string, env: NodeJS.ProcessEnv): Promise<ChildProcess> => {
  mkdirSync(home, { recursive: true });
  const log = path.join(home, 'daemon.log');
  const out = openSync(log, 'a');
  const daemon = runBuilt('sluiced', ['dev'], env, out);
  closeSync(out);
  const deadline = Date.now() + readyWithinMs;
  // One that was killed leaves its own file behind.
  while (readDaemonFile(home)?.pid !== daemon.pid) {
    if (daemon.exitCode !== null || Date.now() > deadline) {
      daemon.kill('SIGTERM');
      const end = readFileSync(log, 'utf8').slice(-2000);
      throw new Error(`sluiced dev did not come up. The end of its log:\n${end}`);
    }
    await delay(20);
  }
  return daemon;
};

/** Stops it in order; Temporal and the practice service go with it. */
export const stopDaemon = async (daemon: ChildProcess): Promise<void> => {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const ended = once(daemon, 'exit');
  daemon.kill('SIGTERM');
  await ended;
};

/** Asks the API of the daemon in that folder, as its operator. Rejects where the answer is no 2xx. */
export const askDaemon = async (
  home: string,
  method: string,
  route: string,
  body?: unknown,
): Promise<unknown> => {
  const response = await fetch(`${readDaemonFile(home)?.url ?? ''}${route}`, {
    method,
    headers: {
      authorization: `Bearer ${readTokenFile(home) ?? ''}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(`${method} ${route}: ${JSON.stringify(answer)}`);
  return answer;
};
