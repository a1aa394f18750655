import { Agent, request as requestHttp } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as requestHttps } from 'node:https';
import { systemCode } from '../../targets/practice/system-code.ts';
import type { Connection } from './connection.ts';

export type HttpAnswer = {
  readonly status: number;
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly location: string | null;
  readonly text: string;
};

/** What one request may take. */
export type HttpLimits = { readonly maxBytes: number; readonly signal: AbortSignal };

/** More than `maxBytes`: the rest is not read. */
export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge';
}

// Readings come every few seconds for a quarter of an hour: connections are kept. An idle one holds no process up.
const plain = new Agent({ keepAlive: true, timeout: 60_000 });
const secure = new TlsAgent({ keepAlive: true, timeout: 60_000 });

const open = (url: URL, accept: string, connection: Connection, signal: AbortSignal): ClientRequest => {
  const headers = {
    accept,
    'accept-encoding': 'identity',
    'user-agent': 'sluice',
    ...connection.headers,
  };
  return url.protocol === 'https:'
    ? requestHttps(url, { agent: secure, headers, signal, ...connection.tls })
    : requestHttp(url, { agent: plain, headers, signal });
};

const collect = (answer: IncomingMessage, maxBytes: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    answer.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maxBytes) answer.destroy(new AnswerTooLarge(`more than ${String(maxBytes)} bytes`));
    });
    answer.on('error', reject);
    answer.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
  });

const exchange = (
  url: URL,
  accept: string,
  connection: Connection,
  { maxBytes, signal }: HttpLimits,
): Promise<HttpAnswer | 'stale'> =>
  new Promise((resolve, reject) => {
    const request = open(url, accept, connection, signal);
    request.on('error', (error) => {
      // A kept connection that the server closed at the same moment: nothing was answered, and nothing was wrong.
      if (request.reusedSocket && systemCode(error) === 'ECONNRESET') resolve('stale');
      else reject(error);
    });
    request.on('response', (answer) => {
      const { headers } = answer;
      collect(answer, maxBytes).then(
        (text) =>
          resolve({
            status: answer.statusCode ?? 0,
            contentType: headers['content-type'] ?? '',
            contentEncoding: headers['content-encoding'] ?? 'identity',
            location: headers.location ?? null,
            text,
          }),
        reject,
      );
    });
    request.end();
  });

/**
 * GET without redirects, retries and decompression: Node's client does none of them. Rejects with what Node says, or
 * `AnswerTooLarge`.
 */
export const fetchText = async (
  url: URL,
  accept: string,
  connection: Connection,
  limits: HttpLimits,
): Promise<HttpAnswer> => {
  for (;;) {
    // Each kept connection is closed and gone after it was found stale: the next is another, in the end a new one.
    const answer = await exchange(url, accept, connection, limits);
    if (answer !== 'stale') return answer;
  }
};
