import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../e2e/until.ts';

/** Connections are refused from now on, until the returned function has it listen where it did. */
export const goAway = async (server: Server): Promise<() => Promise<void>> => {
  const { port, address } = server.address() as AddressInfo;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
  const listen = (): Promise<boolean> =>
    new Promise((resolve, reject) => {
      const failed = (error: NodeJS.ErrnoException): void => {
        server.off('listening', listening);
        // Somebody's outgoing connection may have the port for a moment.
        if (error.code === 'EADDRINUSE') resolve(false);
        else reject(error);
      };
      const listening = (): void => {
        server.off('error', failed);
        resolve(true);
      };
      server.once('error', failed).once('listening', listening).listen(port, address);
    });
  return async () => {
    await until('it listens again', listen);
  };
};
