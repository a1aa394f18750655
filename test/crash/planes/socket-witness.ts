import { once } from 'node:events';
import type { Server } from 'node:net';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { askHaproxy } from '../../../activities/targets/haproxy/runtime-api.ts';

/**
 * Stands between Sluice and HAProxy's runtime socket: passes every line on, one after the other, and after each that
 * changes something has HAProxy itself looked at before the answer is given.
 */
export class SocketWitness {
  readonly #server: Server;
  readonly #path: string;
  #turn: Promise<unknown> = Promise.resolve();

  /** `look`: called after every change. */
  constructor(path: string, socket: string, look: () => Promise<void>) {
    this.#path = path;
    // A client ends its side once it has asked, and reads on.
    this.#server = createServer({ allowHalfOpen: true }, (client) => {
      client.on('error', () => client.destroy());
      const pass = async (): Promise<void> => {
        const line = (await text(client)).trim();
        const answer = await askHaproxy(socket, line);
        if (line.startsWith('set ')) await look();
        client.end(answer);
      };
      this.#turn = this.#turn.then(pass).catch(() => client.destroy());
    });
  }

  async open(): Promise<void> {
    this.#server.listen(this.#path);
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }
}
