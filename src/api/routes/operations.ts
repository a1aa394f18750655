import type { Registry } from 'prom-client';
import { z } from 'zod';
import type { ApiDeps, ZodApp } from '../deps.ts';
import { chainReport, doctorReport, readiness } from '../schemas/answers.ts';

/** Looking after Sluice itself. */
export const addOperationRoutes = (app: ZodApp, deps: ApiDeps, metrics: Registry): void => {
  app.get(
    '/v1/audit',
    {
      schema: {
        summary: 'Reads the whole chain of the ledger and says whether it is whole',
        tags: ['operations'],
        response: { 200: chainReport },
      },
    },
    async () => deps.ledger.verifyChain(),
  );

  app.get(
    '/v1/doctor',
    {
      schema: {
        summary: 'Looks at every connection and says what to mend',
        tags: ['operations'],
        response: { 200: doctorReport },
      },
    },
    async () => deps.doctor(),
  );

  app.get(
    '/healthz',
    {
      schema: {
        summary: 'The process answers',
        tags: ['operations'],
        security: [],
        response: { 200: z.object({ ok: z.literal(true), version: z.string() }) },
      },
    },
    async () => ({ ok: true as const, version: deps.version }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        summary: 'Whether a rollout can be taken now',
        tags: ['operations'],
        security: [],
        response: { 200: readiness, 503: readiness },
      },
    },
    async (_request, reply) => {
      const found = await deps.ready();
      return reply.code(found.ready ? 200 : 503).send(found);
    },
  );

  app.get(
    '/metrics',
    {
      schema: {
        summary: "Sluice's own metrics, in Prometheus' text format",
        tags: ['operations'],
        security: [],
        response: { 200: { description: 'text', content: { 'text/plain': { schema: z.string() } } } },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()),
  );
};
