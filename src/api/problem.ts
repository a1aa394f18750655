import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Problem } from '../../runbooks/errors.ts';
import { errorTable, SluiceError } from '../../runbooks/errors.ts';
import type { RequestPart } from './issues.ts';
import { requestParts, sayIssues } from './issues.ts';
import type { ProblemDocument } from './schemas/answers.ts';

const mediaType = 'application/problem+json; charset=utf-8';

type Extra = {
  /** Instead of the code's own status. */
  readonly status?: number;
  readonly problems?: readonly Problem[];
  readonly rolloutId?: string;
  readonly request?: string;
};

/** A problem as RFC 9457 writes it. */
export const problemDocumentOf = (problem: Problem, extra: Extra = {}): ProblemDocument => {
  const row = errorTable[problem.code];
  const { status = row.status, problems, ...rest } = extra;
  return {
    type: `urn:sluice:problem:${problem.code.toLowerCase().replaceAll('_', '-')}`,
    title: row.says,
    status,
    detail: problem.message,
    code: problem.code,
    retryable: row.retryable,
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
    ...(problem.details === undefined ? {} : { details: problem.details }),
    ...(problems === undefined ? {} : { problems: [...problems] }),
    ...rest,
  };
};

/** Ends the request with a problem document. */
export const sendProblem = (
  reply: Pick<FastifyReply, 'code' | 'header'> & { send(payload: string): unknown },
  problem: Problem,
  extra: Extra = {},
): unknown => {
  const document = problemDocumentOf(problem, extra);
  reply.code(document.status).header('content-type', mediaType);
  if (document.status === 401) reply.header('www-authenticate', 'Bearer realm="sluice"');
  if (document.status === 503) reply.header('retry-after', '2');
  return reply.send(JSON.stringify(document));
};

/** Every problem of a refused request in one document: the first gives the code. */
export const sendRefusals = (
  reply: FastifyReply,
  problems: readonly Problem[],
  rolloutId?: string,
): unknown => {
  const [first] = problems;
  const { code, hint } = first ?? { code: 'RUNBOOK_INVALID' as const, hint: undefined };
  const message = problems.map((problem) => problem.message).join(' ') || errorTable[code].says;
  return sendProblem(
    reply,
    { code, message, ...(hint === undefined ? {} : { hint }) },
    { status: 422, problems, ...(rolloutId === undefined ? {} : { rolloutId }) },
  );
};

/** Whatever a route throws, as a problem document. What is not the caller's fault is logged, and not told. */
export const handleError = (error: FastifyError, request: FastifyRequest, reply: FastifyReply): unknown => {
  if (error instanceof SluiceError) {
    if (errorTable[error.code].status >= 500) request.log.error({ err: error }, error.message);
    // What concerns a rollout stands in the ledger, too; this is where locks and quarantines have it.
    if (error.code === 'NOT_AUTHORISED') request.log.warn({ code: error.code }, error.message);
    return sendProblem(reply, error.toProblem());
  }
  if (error.validation !== undefined) return sendProblem(reply, ...everyIssue(request));
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) return sendProblem(reply, clientProblem(error), { status });
  request.log.error({ err: error }, 'a request failed');
  return sendProblem(
    reply,
    {
      code: 'INTERNAL',
      message: 'The request could not be carried out.',
      hint: `The daemon's log says why, under request ${request.id}.`,
    },
    { request: request.id },
  );
};

type Parts = Readonly<Record<RequestPart, unknown>>;
const came = new WeakMap<FastifyRequest, Parts>();

/** Keeps what came as it came: a part that is well formed has been replaced by what it means when another is not. */
export const keepParts = (app: FastifyInstance): void => {
  app.addHook('preValidation', async (request) => {
    const { params, body, query: querystring, headers } = request;
    came.set(request, { params, body, querystring, headers });
  });
};

/** Fastify stops at the first part that is wrong; a caller wants to hear of all of them. */
const everyIssue = (request: FastifyRequest): readonly [Problem, Extra] => {
  const schemas: Readonly<Record<string, unknown>> = { ...request.routeOptions.schema };
  const problems = requestParts.flatMap((part) => {
    const schema = schemas[part];
    if (!(schema instanceof z.ZodType)) return [];
    const parsed = schema.safeParse(came.get(request)?.[part]);
    return parsed.success ? [] : sayIssues(part, parsed.error.issues);
  });
  return [
    {
      code: 'USAGE',
      message: problems.map((problem) => problem.message).join(' ') || errorTable.USAGE.says,
      hint: '/v1/openapi.json describes every call.',
    },
    { problems },
  ];
};

const words: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['The body is larger than 64 KiB.', 'Send less: no call needs that much.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'The body is not JSON.',
    'Send JSON with the header content-type: application/json.',
  ],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['The body is empty.', 'Send JSON, or leave out the content-type header.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['The body is not as long as content-length says.', 'Send it again.'],
  FST_ERR_BAD_URL: ['The address is not a well-formed URL.', 'Percent-encode what is not plain ASCII.'],
};

const clientProblem = (error: FastifyError): Problem => {
  const known = words[error.code];
  if (known !== undefined) return { code: 'USAGE', message: known[0], hint: known[1] };
  if (error instanceof SyntaxError) {
    return { code: 'USAGE', message: `The body is not well-formed JSON: ${error.message}.` };
  }
  return { code: 'USAGE', message: error.message };
};
