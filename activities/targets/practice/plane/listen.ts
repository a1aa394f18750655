import { once } from 'node:events';
import type { Server } from 'node:http';
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { systemCode } from '../system-code.ts';

/**
 * Ports that a plane chooses from. They lie below those that systems hand out for outgoing connections, so that the
 * port of a service is still free when its plane comes back after a kill.
 */
const range = { from: 20_000, to: 30_000 };
const attempts = 100;

const tryPort = async (server: Server, port: number): Promise<boolean> => {
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch (error) {
    if (systemCode(error) === 'EADDRINUSE') return false;
    throw error;
  }
};

/**
 * Listens on the loopback interface: on `port`, waiting up to `patienceMs` for its holder to let go of it, or
 * (`null`) on a free one.
 *
 * @throws Error that names the port if it stays taken.
 */
export const listenOn = async (server: Server, port: number | null, patienceMs = 0): Promise<number> => {
  if (port === null) {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const candidate = randomInt(range.from, range.to);
      if (await tryPort(server, candidate)) return candidate;
    }
    throw new Error(
      `127.0.0.1: ${attempts} ports between ${range.from} and ${range.to} were tried; all are taken.`,
    );
  }
  const deadline = Date.now() + patienceMs;
  while (!(await tryPort(server, port))) {
    if (Date.now() >= deadline) throw new Error(`127.0.0.1: port ${port} is taken by another program.`);
    await delay(100);
  }
  return port;
};
