import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { goAway } from '../away.ts';
import { judgeCall, methods, readArguments } from './methods.ts';
import type { Arguments } from './methods.ts';
import { Replying } from './replying.ts';
import { Sockets } from './sockets.ts';
import { Workspace } from './workspace.ts';

export const botToken = 'xoxb-not-a-real-token';
export const appToken = 'xapp-not-a-real-token';

/** What the server does to the next calls. */
export type Weather =
  | { readonly is: 'up' }
  | { readonly is: 'away' | 'cut' | 'hang' }
  | { readonly is: 'busy'; readonly seconds: number };

export type Call = { readonly method: string; readonly arguments: Arguments; readonly at: number };

/** What the manifest asks for, written down here once more. */
const botScopes = [
  ...['commands', 'chat:write', 'channels:read', 'groups:read', 'channels:history', 'groups:history'],
  ...['users:read', 'users:read.email'],
];

/** Sockets are opened with the app's own token, everything else with the bot's. */
const judgeToken = ({ headers, url }: IncomingMessage): boolean =>
  headers.authorization === `Bearer ${url === '/api/apps.connections.open' ? appToken : botToken}`;

const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

const send = (response: ServerResponse, status: number, body: unknown, headers = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};

/**
 * Slack's Web API for tests, stricter than Slack: what its public reference does not allow is refused and kept as a
 * violation, which `stop` throws.
 */
export class SlackServer {
  readonly replying = new Replying();
  readonly workspace = new Workspace(this.replying);
  /** Whom a message may call, as `@U…`: nobody, unless a test is about that. */
  readonly mayPing = new Set<string>();
  readonly violations: string[] = [];
  readonly calls: Call[] = [];
  /** Everything that reached it, also what the weather swallowed. */
  reached = 0;
  /** Paths of what the weather let hang. */
  readonly swallowed: string[] = [];
  weather: Weather = { is: 'up' };
  /** Of the bot token; Slack tells them with every answer. */
  scopes: readonly string[] = [...botScopes];
  /** Called with each call before it is answered: a test may interrupt there. `cut`: carried out, the answer is lost. */
  before: ((call: Call) => 'cut' | undefined) | null = null;
  /** Slack gives up after three seconds. A test that is not about that may be on a machine that is busy otherwise. */
  ackWithinMs = 3_000;
  clock: () => number = Date.now;
  readonly sockets = new Sockets(this.violations);
  readonly #server = createServer((request, response) => {
    void this.#answer(request, response);
  });

  async start(): Promise<string> {
    this.sockets.attach(this.#server);
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `${this.origin}/api/`;
  }

  get origin(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** As if it had never been there, until the returned function is called. */
  away(): Promise<() => Promise<void>> {
    return goAway(this.#server);
  }

  /** @throws where a call broke a rule */
  async stop(): Promise<void> {
    this.sockets.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    if (this.violations.length > 0)
      throw new Error(`Slack was called wrongly:\n${this.violations.join('\n')}`);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const { weather } = this;
    this.reached += 1;
    if (weather.is === 'hang') {
      this.swallowed.push(request.url ?? '');
      return;
    }
    if (weather.is === 'cut') request.socket.destroy();
    else if (weather.is === 'away') send(response, 503, 'unavailable');
    else if (/^\/(?:commands|actions)\//.test(request.url ?? ''))
      this.#take(request.url ?? '', response, body);
    else if (!judgeToken(request)) send(response, 200, { ok: false, error: 'invalid_auth' });
    else this.#carryOut(request, response, body);
  }

  /** A reply through a `response_url`: no token, the address is the proof. */
  #take(url: string, response: ServerResponse, body: string): void {
    const wrong = this.replying.take(url.split('/').at(-1) ?? '', body, this.clock());
    if (wrong !== null) this.violations.push(`response_url: ${wrong}`);
    send(response, wrong === null ? 200 : 404, wrong === null ? { ok: true } : { ok: false, error: wrong });
  }

  #carryOut(request: IncomingMessage, response: ServerResponse, body: string): void {
    const { weather } = this;
    const name = /^\/api\/([a-z.A-Z]+)$/.exec(request.url ?? '')?.[1] ?? '';
    const given = readArguments(new URLSearchParams(body));
    const call = { method: name, arguments: given, at: this.clock() };
    this.calls.push(call);
    const wrong = judgeCall(name, given, this.mayPing);
    if (wrong !== null) {
      this.violations.push(wrong);
      const response_metadata = { messages: [wrong] };
      send(response, 200, { ok: false, error: 'invalid_arguments', response_metadata });
      return;
    }
    const seconds = weather.is === 'busy' ? weather.seconds : this.#limited(call);
    if (seconds > 0) {
      send(response, 429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(seconds) });
      return;
    }
    const interrupted = this.before?.(call);
    const answer =
      name === 'apps.connections.open'
        ? { ok: true, url: this.sockets.ticket(this.origin) }
        : this.workspace.call(name, given, call.at);
    if (interrupted === 'cut') request.socket.destroy();
    else send(response, 200, answer, { 'x-oauth-scopes': this.scopes.join(',') });
  }

  #limited({ method, arguments: given, at }: Call): number {
    const known = methods[method];
    return known === undefined ? 0 : this.workspace.limited(method, known, given, at);
  }
}
