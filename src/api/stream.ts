import type { ServerResponse } from 'node:http';

/** A reader that does not read is let go; it comes back with its Last-Event-ID. */
const mostBuffered = 1024 * 1024;
/** Shorter than the patience of proxies, and of our own client. */
const beatMs = 10_000;

type Message = {
  /** Position of a ledger event: where a reader resumes. */
  readonly id?: number;
  readonly event?: string;
  readonly body: unknown;
};

/** One answer of server-sent events. Ends when the reader goes, falls behind, or `end` is called. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #beat: NodeJS.Timeout;
  #ended = false;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    // How long a browser waits before it asks again, in ms.
    response.write('retry: 1000\n\n');
    this.#beat = setInterval(() => this.#write(': still here\n\n'), beatMs);
    this.#beat.unref();
    response.once('close', () => this.end());
    response.once('error', () => this.end());
  }

  get ended(): boolean {
    return this.#ended;
  }

  send({ id, event, body }: Message): void {
    const head = `${id === undefined ? '' : `id: ${id}\n`}${event === undefined ? '' : `event: ${event}\n`}`;
    // JSON has no raw line feed, so that one data line holds it all.
    this.#write(`${head}data: ${JSON.stringify(body)}\n\n`);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#beat);
    this.#response.end();
  }

  #write(text: string): void {
    if (this.#ended) return;
    this.#response.write(text);
    if (this.#response.writableLength <= mostBuffered) return;
    this.#response.destroy();
    this.end();
  }
}
