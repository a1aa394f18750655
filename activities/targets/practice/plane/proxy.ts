import { Agent, createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders, Server, ServerResponse } from 'node:http';
import type { Instance } from './instance.ts';
import { listenOn } from './listen.ts';
import type { Router } from './router.ts';

/** Response header that says which version and instance answered. */
export const servedBy = 'x-served-by';

const upstreamTimeoutMs = 5000;
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
/** Headers that are about one connection, not about the message (RFC 9110, 7.6.1). */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const withoutHops = (headers: IncomingMessage['headers']): OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([header]) => !hopByHop.has(header)));

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const tell = (response: ServerResponse, status: number, by: string, why: string): void => {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const text = JSON.stringify({ error: why });
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    [servedBy]: by,
  });
  response.end(text);
};

/**
 * The way into one service. Every attempt is counted at the instance that it was sent to: errors are 5xx, connections
 * that fail, answers that break off, and answers that take longer than 5 s. A request whose client left is not
 * counted. An idempotent request without a body is sent once more, elsewhere, if its connection fails before the
 * first byte of an answer; the failure still counts where it happened.
 */
export class ServiceProxy {
  readonly #router: Router;
  readonly #failing: (version: string) => number;
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 64, timeout: 30_000, scheduling: 'lifo' });

  /** `failing`: share of a version's answers that are errors instead: a fault of a drill. */
  constructor(router: Router, failing: (version: string) => number) {
    this.#router = router;
    this.#failing = failing;
    this.#server = createServer((request, response) => this.#serve(request, response));
    this.#server.keepAliveTimeout = 75_000;
  }

  /** @returns the port, which is `port` unless that is `null`. */
  listen(port: number | null, patienceMs: number): Promise<number> {
    return listenOn(this.#server, port, patienceMs);
  }

  /** Takes no more connections, lets requests under way finish (within 5 s) and closes. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const force = setTimeout(() => this.#server.closeAllConnections(), upstreamTimeoutMs);
    await closed;
    clearTimeout(force);
    this.#agent.destroy();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const instance = this.#router.choose();
    if (instance === null) {
      tell(response, 503, 'none', 'no version of this service has traffic yet');
      return;
    }
    const repeatable = idempotent.has(request.method ?? '') && !hasBody(request);
    this.#attempt(instance, request, response, repeatable);
  }

  #attempt(
    instance: Instance,
    request: IncomingMessage,
    response: ServerResponse,
    repeatable: boolean,
  ): void {
    const by = `${instance.spec.version}/${instance.spec.id}`;
    const began = performance.now();
    // A restart puts new counters in place; what began before it belongs to the old ones.
    const { counters, port } = instance;
    const count = (status: number): void => counters.record(status, (performance.now() - began) / 1000);
    const failed = (status: 502 | 503, why: string): void => {
      count(status);
      const other = repeatable ? this.#router.alternative(instance) : null;
      if (other === null) tell(response, status, by, why);
      else this.#attempt(other, request, response, false);
    };
    if (!instance.ready || port === null) {
      failed(503, 'no instance of this version is ready');
      return;
    }

    const leave = instance.enter();
    let over = false;
    const finish = (then: () => void): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      response.off('close', onClientGone);
      leave();
      then();
    };
    const upstream = httpRequest({
      host: '127.0.0.1',
      port,
      agent: this.#agent,
      method: request.method,
      path: request.url,
      headers: withoutHops(request.headers),
    });
    const timer = setTimeout(() => {
      finish(() => {
        count(504);
        tell(response, 504, by, 'the instance did not answer within 5 s');
      });
      upstream.destroy();
    }, upstreamTimeoutMs);
    const onClientGone = (): void => {
      finish(() => undefined);
      upstream.destroy();
    };
    response.once('close', onClientGone);

    upstream.on('response', (answer) => {
      const status = Math.random() < this.#failing(instance.spec.version) ? 500 : (answer.statusCode ?? 502);
      answer.on('end', () => finish(() => count(status)));
      const brokeOff = (): void =>
        finish(() => {
          count(502);
          response.destroy();
        });
      answer.on('error', brokeOff);
      answer.on('close', brokeOff);
      response.writeHead(status, { ...withoutHops(answer.headers), [servedBy]: by });
      answer.pipe(response);
    });
    upstream.on('error', (error) => {
      finish(() => failed(502, `the connection to the instance failed: ${error.message}`));
    });
    if (hasBody(request)) request.pipe(upstream);
    else upstream.end();
  }
}
