import { chmodSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiAnswer, ApiRequest } from './api.ts';
import { problem } from './api.ts';
import { messageOf } from '../system-code.ts';

/** Six times a manifest: one that is all characters which JSON escapes still fits. */
const largestBody = 512 * 1024;

const readBody = async (request: IncomingMessage): Promise<string | null> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size <= largestBody) chunks.push(chunk);
  }
  return size > largestBody ? null : Buffer.concat(chunks).toString('utf8');
};

const send = async (response: ServerResponse, answer: ApiAnswer): Promise<void> => {
  switch (answer.kind) {
    case 'json':
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
      return;
    case 'text':
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
      response.end(answer.text);
      return;
    case 'silence':
      await delay(answer.afterMs, undefined, { ref: false });
      response.destroy();
      return;
    default:
      answer satisfies never;
  }
};

/**
 * The control API on a Unix socket that only this user may open. The home's lock is held, so a socket that is there
 * already is what a killed predecessor left.
 */
export const listenForControl = async (
  path: string,
  answerCall: (call: ApiRequest) => Promise<ApiAnswer>,
): Promise<Server> => {
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://plane');
    const body = await readBody(request);
    const call = { method: request.method ?? 'GET', path: url.pathname, query: url.searchParams };
    const tooLarge = problem(413, 'INVALID', `The body is larger than ${String(largestBody)} bytes.`);
    await send(response, body === null ? tooLarge : await answerCall({ ...call, body }));
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      console.error(`${request.method ?? ''} ${request.url ?? ''}:`, error);
      const why = messageOf(error);
      if (response.headersSent) response.destroy();
      else void send(response, problem(500, 'INTERNAL', `The practice plane failed: ${why}`));
    });
  });
  rmSync(path, { force: true });
  server.listen(path);
  await once(server, 'listening');
  chmodSync(path, 0o600);
  return server;
};
