import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { controlPath } from '../../activities/targets/practice/control-path.ts';

/** The practice plane's metrics as a page of HTTP, which is where a target that counts nothing has its numbers read. */
export class MetricsPage {
  readonly #server: Server;

  /** Nothing is listening yet. `home`: the plane's folder, which need not be there so far. */
  constructor(home: string) {
    this.#server = createServer((_asked, answer) => {
      const failed = (): void => {
        answer.writeHead(502).end();
      };
      request({ socketPath: controlPath(home), path: '/metrics' }, (page) => {
        answer.writeHead(page.statusCode ?? 502, { 'content-type': 'text/plain; version=0.0.4' });
        page.on('error', failed).pipe(answer);
      })
        .on('error', failed)
        .end();
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
