import { createConnection } from 'node:net';
import { SluiceError } from '../../../runbooks/errors.ts';
import { messageOf } from '../practice/system-code.ts';

/** HAProxy answers within a millisecond; a reload keeps it busy for a moment. */
const withinMs = 2_000;
/** Thousands of servers; what is longer is no HAProxy. */
const answerLimit = 4 * 1024 * 1024;

export const unavailable = (message: string, hint: string, cause?: unknown): SluiceError =>
  new SluiceError({ code: 'TARGET_UNAVAILABLE', message, hint, details: { target: 'haproxy' } }, { cause });

/** An answer that no HAProxy gives. */
export const senseless = (command: string, answer: string): SluiceError =>
  new SluiceError({
    code: 'TARGET_ANSWER_INVALID',
    message: `HAProxy answered ${JSON.stringify(command)} with ${JSON.stringify(answer.slice(0, 200))}.`,
    hint: 'Is `socket` the stats socket of a HAProxy 2.4 or newer, with `level admin`?',
    details: { target: 'haproxy' },
  });

/**
 * One line to HAProxy's runtime socket, and all that it answers; several commands in it, with `;` between them, are
 * carried out one after the other. Not retried.
 * @throws SluiceError TARGET_UNAVAILABLE, TARGET_ANSWER_INVALID
 */
export const askHaproxy = (socket: string, line: string, signal?: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const connection = createConnection(socket);
    const chunks: Buffer[] = [];
    let size = 0;
    const hint = 'Is it running, and may the worker use its stats socket?';
    const give = (error: unknown): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      connection.destroy();
      reject(error instanceof Error ? error : new Error(messageOf(error)));
    };
    const giveUp = (): void => {
      give(signal?.reason);
    };
    const timer = setTimeout(() => {
      give(unavailable(`HAProxy did not answer at ${socket} within ${String(withinMs)} ms.`, hint));
    }, withinMs);
    signal?.addEventListener('abort', giveUp, { once: true });
    connection.on('error', (error) => {
      give(unavailable(`HAProxy does not answer at ${socket}: ${messageOf(error)}.`, hint, error));
    });
    connection.on('data', (chunk) => {
      size += chunk.length;
      if (size > answerLimit) give(senseless(line, `${String(size)} bytes and more`));
      else chunks.push(chunk);
    });
    connection.on('end', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      connection.destroy();
      const answer = Buffer.concat(chunks).toString('utf8');
      // Every answer ends with an empty line: one without was cut off by the end of the process.
      if (answer.endsWith('\n')) resolve(answer);
      else reject(unavailable(`HAProxy at ${socket} hung up before it had answered.`, hint));
    });
    connection.end(`${line}\n`);
  });
