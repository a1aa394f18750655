import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A page of numbers over HTTP, for targets that count nothing. What can't be read is answered as a bad gateway. */
export class MetricsPage {
  readonly #server: Server;

  /** Nothing is listening yet. `read`: the page as it is now. */
  constructor(read: () => Promise<string>) {
    this.#server = createServer((_asked, answer) => {
      read().then(
        (page) => {
          answer.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(page);
        },
        () => {
          answer.writeHead(502).end();
        },
      );
    });
  }

  /** Returns its address. */
  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${String(port)}/metrics`;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
