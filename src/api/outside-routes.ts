import type { ConnectionError, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import { handleError, problemDocumentOf, sendProblem } from './problem.ts';

type Route = { readonly method: string; readonly pattern: RegExp };

/** Unknown addresses and methods: what there is instead. Takes note of every route that is added after it. */
export const answerUnrouted = (app: FastifyInstance): void => {
  const routes: Route[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    const pattern = new RegExp(`^${url.replaceAll('.', '\\.').replaceAll(/:[a-z]+/g, '[^/]+')}$`);
    for (const each of [method].flat()) routes.push({ method: each, pattern });
  });
  app.setNotFoundHandler((request, reply) => {
    const [path = '/'] = request.url.split('?');
    const allowed = routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    if (allowed.length === 0) {
      return sendProblem(reply, {
        code: 'NOT_FOUND',
        message: 'There is no such address.',
        hint: '/v1/openapi.json lists all of them.',
      });
    }
    const methods = [...new Set(allowed)].join(', ');
    reply.header('allow', methods);
    const problem = { code: 'USAGE', message: `This address takes ${methods} only.` } as const;
    return sendProblem(reply, problem, { status: 405 });
  });
};

/** What the router can not read, such as a broken percent-encoding. */
export const answerFrameworkError = (
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void => {
  handleError(error, request, reply);
};

const statusOf: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Bytes that are no HTTP request: there is nothing yet that a reply could be made with. */
export const answerUnparsable = (error: ConnectionError, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = statusOf[error.code] ?? 400;
  const problem = { code: 'USAGE', message: 'The bytes that came are no HTTP request.' } as const;
  const body = JSON.stringify(problemDocumentOf(problem, { status }));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\ncontent-type: application/problem+json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
};
