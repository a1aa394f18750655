import { z } from 'zod';
import { closest } from '../../../runbooks/closest.ts';
import { SluiceError } from '../../../runbooks/errors.ts';
import type { PlaceView } from '../../rollouts/facade.ts';
import type { ApiDeps, ZodApp } from '../deps.ts';
import { actorOf } from '../guard.ts';
import { sendRefusals } from '../problem.ts';
import { effectiveConfig, placeList, prepared, problemDocument, releaseList } from '../schemas/answers.ts';
import {
  adoptRequest,
  configQuery,
  planRequest,
  playbookQuery,
  releasesQuery,
  serviceParams,
} from '../schemas/requests.ts';
import { releaseView } from '../schemas/rollout.ts';

/** Services, their releases and their plans. */
export const addServiceRoutes = (app: ZodApp, { rollouts, ledger }: ApiDeps): void => {
  const unknown = problemDocument.describe('no such service or environment');

  app.post(
    '/v1/plans',
    {
      schema: {
        summary: 'The runbook of a deploy, without running it',
        tags: ['services'],
        body: planRequest,
        response: {
          200: prepared,
          404: unknown,
          422: problemDocument.describe('there is no such plan; every reason in problems'),
        },
      },
    },
    async (request, reply) => {
      const { service, environment, version, overrides, hotfix } = request.body;
      const answer = await rollouts.plan({
        service,
        environment: environment ?? null,
        version,
        ...(overrides === undefined ? {} : { overrides }),
        ...(hotfix === undefined ? {} : { hotfix }),
        actor: actorOf(request),
      });
      if (answer.ok) return reply.send(answer);
      sendRefusals(reply, answer.problems);
      return reply;
    },
  );

  app.get(
    '/v1/services',
    {
      schema: {
        summary: 'Every environment of every service: what is good, what is open',
        tags: ['services'],
        response: { 200: placeList },
      },
    },
    async () => ({ services: await rollouts.places() }),
  );

  app.get(
    '/v1/services/:service/releases',
    {
      schema: {
        summary: 'Releases that were promoted, the newest first',
        tags: ['services'],
        params: serviceParams,
        querystring: releasesQuery,
        response: { 200: releaseList, 404: unknown },
      },
    },
    async ({ params, query }) => {
      const places = placesOf(await rollouts.places(), params.service, query.environment);
      const lists = places.map(({ service, environment }) =>
        ledger.releases(service, environment, query.limit),
      );
      const releases = (await Promise.all(lists))
        .flat()
        .sort((a, b) => (a.promotedAt < b.promotedAt ? 1 : -1))
        .slice(0, query.limit);
      return { releases };
    },
  );

  app.post(
    '/v1/services/:service/adopt',
    {
      schema: {
        summary: 'What runs now becomes the first good release',
        tags: ['services'],
        params: serviceParams,
        body: adoptRequest,
        response: {
          200: releaseView,
          403: problemDocument.describe('the sender may not deploy there'),
          404: unknown,
        },
      },
    },
    async (request) =>
      rollouts.adopt({
        service: request.params.service,
        environment: request.body.environment ?? null,
        actor: actorOf(request),
      }),
  );

  app.get(
    '/v1/services/:service/config',
    {
      schema: {
        summary: 'What counts for a service, with who said it in which line',
        tags: ['services'],
        params: serviceParams,
        querystring: configQuery,
        response: {
          200: effectiveConfig,
          404: unknown,
          422: problemDocument.describe('its file, or that of the organisation, is wrong'),
        },
      },
    },
    async ({ params, query }) =>
      rollouts.config({ service: params.service, environment: query.environment ?? null }),
  );

  app.get(
    '/v1/services/:service/playbook',
    {
      schema: {
        summary: 'The runbook as one page for people (Markdown)',
        tags: ['services'],
        params: serviceParams,
        querystring: playbookQuery,
        response: {
          200: {
            description: 'Markdown',
            content: { 'text/markdown': { schema: z.string() } },
          },
          404: unknown,
        },
      },
    },
    async ({ params, query }, reply) => {
      const where = { service: params.service, environment: query.environment ?? null };
      const page = await rollouts.playbook({ ...where, version: query.version ?? null });
      return reply.type('text/markdown; charset=utf-8').send(page);
    },
  );
};

/** @throws SluiceError SERVICE_UNKNOWN, ENVIRONMENT_UNKNOWN, with what was probably meant */
const placesOf = (
  all: readonly PlaceView[],
  service: string,
  environment: string | undefined,
): readonly PlaceView[] => {
  const own = all.filter((place) => place.service === service);
  if (own.length === 0) {
    const names = [...new Set(all.map((place) => place.service))];
    throw new SluiceError({
      code: 'SERVICE_UNKNOWN',
      message: `No service file declares "${service}".`,
      hint: meant(service, names),
    });
  }
  const wanted = environment === undefined ? own : own.filter((place) => place.environment === environment);
  if (wanted.length > 0 || environment === undefined) return wanted;
  throw new SluiceError({
    code: 'ENVIRONMENT_UNKNOWN',
    message: `${service} has no environment "${environment}".`,
    hint: meant(
      environment,
      own.map((place) => place.environment),
    ),
  });
};

const meant = (found: string, names: readonly string[]): string => {
  const near = closest(found, names);
  return `${near === null ? '' : `Did you mean "${near}"? `}There are: ${names.join(', ') || 'none'}.`;
};
