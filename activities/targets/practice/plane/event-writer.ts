import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { parseEvents } from '../event-log.ts';
import type { NewPracticeEvent, PracticeEvent } from '../event-log.ts';

/**
 * Appends to the event log. Each line is handed to the system before `append` returns, so that a killed plane loses
 * none. A log that can't be written throws, and ends the plane: unwitnessed is undone.
 */
export class EventWriter {
  readonly #file: number;
  #last: number;

  /** `earlier`: what stands in the log already. */
  constructor(path: string) {
    this.#file = openSync(path, 'a+', 0o600);
    const bytes = readFileSync(path);
    const whole = bytes.lastIndexOf(0x0a) + 1;
    // What a kill cut short was never an event; its half line must not spoil the next one.
    if (whole < bytes.length) ftruncateSync(this.#file, whole);
    this.earlier = parseEvents(bytes.subarray(0, whole).toString('utf8'));
    this.#last = this.earlier.at(-1)?.n ?? 0;
  }

  readonly earlier: readonly PracticeEvent[];

  append(event: NewPracticeEvent): void {
    const n = this.#last + 1;
    const bytes = Buffer.from(`${JSON.stringify({ n, at: Date.now(), ...event })}\n`, 'utf8');
    for (let written = 0; written < bytes.length;) written += writeSync(this.#file, bytes, written);
    this.#last = n;
  }

  close(): void {
    closeSync(this.#file);
  }
}
