import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { fastify, LogController } from 'fastify';
import {
  createJsonSchemaTransform,
  jsonSchemaTransformObject,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ApiDeps } from './deps.ts';
import { bearerGuard, judgeHost, rememberActor } from './guard.ts';
import { nobodyElse } from '../access/source.ts';
import { addMetrics } from './metrics.ts';
import { answerFrameworkError, answerUnparsable, answerUnrouted } from './outside-routes.ts';
import { handleError, keepParts, sendProblem } from './problem.ts';
import { addEventRoutes } from './routes/events.ts';
import { addHookRoutes, pagerDutyHook } from './routes/hooks.ts';
import { addIncidentRoutes } from './routes/incidents.ts';
import { addGuardRoutes } from './routes/guards.ts';
import { addOperationRoutes } from './routes/operations.ts';
import { addRolloutRoutes } from './routes/rollouts.ts';
import { addAccessRoutes, ciExchange } from './routes/access.ts';
import { slackHook } from '../slack/http.ts';
import { addSlackRoutes } from './routes/slack.ts';
import { addServiceRoutes } from './routes/services.ts';
import { addRecordingRoutes } from './routes/recordings.ts';
import { addViewRoutes } from './routes/views.ts';

export type { ApiDeps } from './deps.ts';

/** No call needs a larger body: files are read by the daemon, not sent. */
const bodyLimit = 64 * 1024;

/**
 * The HTTP API, v1, not listening yet: `listen` on loopback, `close` ends streams and long-polls at once. Nothing here
 * asks Temporal or writes to the ledger: commands go to the façade, reading to the ledger and its hub.
 */
export const createApi = (deps: ApiDeps): FastifyInstance => {
  const closing = new AbortController();
  const app = fastify({
    loggerInstance: deps.log,
    bodyLimit,
    // `log` below writes the one line per request.
    logController: new LogController({ disableRequestLogging: true }),
    // A name that is too long is the façade's to refuse, with a better sentence than "no such address".
    routerOptions: { maxParamLength: 2000 },
    forceCloseConnections: true,
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerUnparsable,
  }).withTypeProvider<ZodTypeProvider>();

  app.setValidatorCompiler(validatorCompiler);
  // Answers are held to their schemas by the types; parsing each again would only make it slower.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  keepParts(app);
  app.setErrorHandler(handleError);
  guard(app, deps);
  log(app);
  app.addHook('preClose', async () => closing.abort());

  const metrics = addMetrics(app, deps.ledger);
  answerUnrouted(app);
  void app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Sluice', version: deps.version, description: 'Ships software and takes it back.' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    transform: createJsonSchemaTransform({}),
    transformObject: jsonSchemaTransformObject,
  });
  app.after(() => {
    addRolloutRoutes(app, deps);
    addViewRoutes(app, deps, closing.signal);
    addRecordingRoutes(app, deps);
    addEventRoutes(app, deps, closing.signal);
    addServiceRoutes(app, deps);
    addIncidentRoutes(app, deps);
    addHookRoutes(app, deps);
    addGuardRoutes(app, deps);
    addAccessRoutes(app, deps);
    addSlackRoutes(app, deps);
    addOperationRoutes(app, deps, metrics);
    app.get('/v1/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  });
  return app;
};

/** What needs no token: it tells nothing about rollouts, and probes and scrapers have none. */
const open = new Set(['/healthz', '/readyz', '/metrics', '/v1/openapi.json']);

/** What proves by a signature of its own who sent it. */
const signed = new Set([pagerDutyHook, slackHook, ciExchange]);

const guard = (app: FastifyInstance, { token, access = nobodyElse, ledger, hosts = [] }: ApiDeps): void => {
  const identify = bearerGuard(token, access, ledger);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-content-type-options', 'nosniff').header('cache-control', 'no-store');
    const problem = judgeHost(request.headers.host, hosts);
    if (problem !== null) return sendProblem(reply, problem, { status: 421 });
    const route = request.routeOptions.url ?? '';
    if (!open.has(route) && !signed.has(route)) rememberActor(request, await identify(request));
    return undefined;
  });
};

/** One line per request: neither headers nor what was asked for, which may hold secrets. */
const log = (app: FastifyInstance): void => {
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request;
    const answered = {
      method,
      route: routeOptions.url,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    };
    if (open.has(routeOptions.url ?? '')) request.log.debug(answered, 'answered');
    else request.log.info(answered, 'answered');
  });
};
