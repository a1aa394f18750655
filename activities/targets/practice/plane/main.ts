/**
 * The practice plane: the process in which practice services live, apart from worker and daemon, so that killing
 * those doesn't stop a service. `node main.ts --home DIR`; one per home.
 */
import { mkdirSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { homeOwnedExit } from '../control.ts';
import { controlPath, eventLogPath, lockPath, statePath } from '../control-path.ts';
import { answerCall } from './api.ts';
import type { ApiAnswer, ApiRequest } from './api.ts';
import { listenForControl } from './control-server.ts';
import { EventWriter } from './event-writer.ts';
import { lockHome } from './home-lock.ts';
import { Plane } from './plane.ts';
import { readState } from './state-file.ts';

/** How often the plane looks whether its socket is still there, in ms. */
const reachableEveryMs = 2000;

const fail = (message: string, code: number): never => {
  console.error(message);
  process.exit(code);
};

const run = async (home: string): Promise<void> => {
  // The socket, the state and the log are this user's alone from the moment that they exist.
  process.umask(0o077);
  mkdirSync(home, { recursive: true });
  const lock = lockHome(lockPath(home)) ?? fail(`${home} has a practice plane already.`, homeOwnedExit);
  const log = new EventWriter(eventLogPath(home));
  const plane = new Plane(statePath(home), await readState(statePath(home)), log);
  await plane.restore();

  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    await plane.stop();
    log.close();
    // The socket goes last: while it answers, the plane is still there.
    server.close();
    server.closeAllConnections();
    lock.release();
    process.exit(0);
  };
  const begin = (): void => {
    stop().catch((error: unknown) => fail(`The plane could not stop in order: ${String(error)}`, 1));
  };
  /** The home was removed: nobody can steer this plane any more, and nobody could stop it either. */
  const lost = (): void => {
    console.error(`${controlPath(home)} is gone, and with it the way to this plane: it ends.`);
    // Not in the usual order: closing the server would remove the socket of a successor.
    plane.stop().then(
      () => process.exit(1),
      (error: unknown) => fail(String(error), 1),
    );
  };
  const answer = async (call: ApiRequest): Promise<ApiAnswer> => {
    if (call.method === 'POST' && call.path === '/shutdown') {
      setImmediate(begin);
      return { kind: 'json', status: 202, body: {} };
    }
    return answerCall(plane, call);
  };
  const server = await listenForControl(controlPath(home), answer);
  const own = statSync(controlPath(home)).ino;
  const isReachable = (): boolean => statSync(controlPath(home), { throwIfNoEntry: false })?.ino === own;
  setInterval(() => {
    if (!stopping && !isReachable()) lost();
  }, reachableEveryMs).unref();
  process.on('SIGTERM', begin);
  process.on('SIGINT', begin);
  console.error(`Practice plane ${String(process.pid)} listens on ${controlPath(home)}.`);
};

const { values } = parseArgs({ options: { home: { type: 'string' } } });
const home = values.home ?? fail('usage: main --home DIR', 64);
run(home).catch((error: unknown) => {
  console.error(error);
  fail('The practice plane could not start, or failed.', 1);
});
