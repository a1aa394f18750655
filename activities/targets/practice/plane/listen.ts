import { once } from 'node:events';
import type { Server } from 'node:http';
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Ports that a plane chooses from. They lie below those that systems hand out for outgoing connections, so that the
 * port of a service is still free when its plane comes back after a kill.
 */
const range = { from: 20_000, to: 30_000 };
const takenWaitMs = 5000;

const tryPort = async (server: Server, port: number): Promise<boolean> => {
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return false;
    throw error;
  }
};

/**
 * Listens on the loopback interface: on `port`, waiting up to 5 s for a predecessor to let go of it, or (`null`) on a
 * free one.
 *
 * @throws Error that names the port if it stays taken.
 */
export const listenOn = async (server: Server, port: number | null): Promise<number> => {
  const deadline = Date.now() + takenWaitMs;
  while (Date.now() < deadline) {
    const candidate = port ?? randomInt(range.from, range.to);
    if (await tryPort(server, candidate)) return candidate;
    if (port !== null) await delay(100);
  }
  const which = port === null ? 'every port that was tried' : `port ${String(port)}`;
  throw new Error(`127.0.0.1: ${which} is taken by another program.`);
};
