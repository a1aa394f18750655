import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

type Ack = { readonly said: Readonly<Record<string, unknown>>; readonly ms: number };

/** Socket Mode as Slack does it: a ticket per socket, hello, envelopes that are acknowledged by their ids. */
export class Sockets {
  readonly #violations: string[];
  readonly #tickets = new Set<string>();
  readonly #open = new Set<WebSocket>();
  readonly #waiting = new Map<string, (said: Ack['said']) => void>();
  readonly #server = new WebSocketServer({ noServer: true });

  constructor(violations: string[]) {
    this.#violations = violations;
  }

  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => {
      const ticket = new URL(request.url ?? '', 'http://localhost').searchParams.get('ticket') ?? '';
      if (!this.#tickets.delete(ticket)) return void socket.destroy();
      this.#server.handleUpgrade(request, socket, head, (opened) => this.#welcome(opened));
    });
  }

  /** Opens one socket, once. */
  ticket(origin: string): string {
    const ticket = randomUUID();
    this.#tickets.add(ticket);
    return `${origin.replace('http', 'ws')}/link/?ticket=${ticket}`;
  }

  get count(): number {
    return this.#open.size;
  }

  #welcome(socket: WebSocket): void {
    this.#open.add(socket);
    socket.on('close', () => this.#open.delete(socket));
    socket.on('message', (bytes: Buffer) => this.#heard(bytes.toString('utf8')));
    socket.send(JSON.stringify({ type: 'hello', num_connections: this.count, connection_info: {} }));
  }

  #heard(text: string): void {
    const { envelope_id, payload = {}, ...rest } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const answered = this.#waiting.get(String(envelope_id));
    this.#waiting.delete(String(envelope_id));
    if (answered === undefined)
      this.#violations.push(`an envelope is acknowledged that nobody sent: ${text}`);
    else answered(payload as Ack['said']);
    if (Object.keys(rest).length > 0) this.#violations.push(`an acknowledgement has more: ${text}`);
  }

  /** To one of the sockets, as Slack does. Resolves with what it is acknowledged with. */
  async deliver(type: 'slash_commands' | 'interactive', payload: unknown): Promise<Ack> {
    const [socket] = this.#open;
    if (socket === undefined) throw new Error('The app has no socket open.');
    const envelope_id = randomUUID();
    const begun = Date.now();
    const { promise, resolve } = Promise.withResolvers<Ack['said']>();
    this.#waiting.set(envelope_id, resolve);
    socket.send(JSON.stringify({ type, envelope_id, payload, accepts_response_payload: true }));
    return { said: await promise, ms: Date.now() - begun };
  }

  /** Slack closes each socket after some hours. */
  recycle(): void {
    for (const socket of this.#open)
      socket.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested', debug_info: {} }));
  }

  close(): void {
    for (const socket of this.#open) socket.terminate();
    this.#server.close();
  }
}
