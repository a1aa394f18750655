import { SluiceError } from '../../../runbooks/errors.ts';
import type { RolloutView } from '../../store/views.ts';
import { beginOf, Counting, thin } from '../counting.ts';
import type { ApiDeps, ZodApp } from '../deps.ts';
import { changedAfter } from '../following.ts';
import { countsList, problemDocument, rolloutList, sampleList } from '../schemas/answers.ts';
import { idParams, rolloutsQuery, samplesQuery, waitQuery } from '../schemas/requests.ts';
import { rollout } from '../schemas/rollout.ts';
import { runbook } from '../schemas/runbook.ts';

const samplesPerPage = 1000;
const pointsPerChart = 240;

/** Reading rollouts. `closing` ends long answers when the server closes. */
export const addViewRoutes = (app: ZodApp, { rollouts, ledger }: ApiDeps, closing: AbortSignal): void => {
  const notFound = problemDocument.describe('no such rollout');

  app.get(
    '/v1/rollouts',
    {
      schema: {
        summary: 'Rollouts, the newest request first',
        tags: ['rollouts'],
        querystring: rolloutsQuery,
        response: { 200: rolloutList },
      },
    },
    async ({ query }) => {
      const { service, environment, open, limit, before } = query;
      const filter = {
        limit,
        ...(service === undefined ? {} : { service }),
        ...(environment === undefined ? {} : { environment }),
        ...(open === undefined ? {} : { open }),
        ...(before === undefined ? {} : { before }),
      };
      return { rollouts: await ledger.rollouts(filter) };
    },
  );

  app.get(
    '/v1/rollouts/:id',
    {
      schema: {
        summary: 'One rollout; with wait, as soon as something has happened to it',
        tags: ['rollouts'],
        params: idParams,
        querystring: waitQuery,
        response: { 200: rollout, 404: notFound },
      },
    },
    async ({ params, query, signal }): Promise<RolloutView> => {
      const view = await rollouts.find(params.id);
      const known = query.after ?? view.position;
      if (query.wait === undefined || view.position > known) return view;
      await changedAfter(ledger, view, known, {
        waitMs: query.wait,
        signal: AbortSignal.any([closing, signal]),
      });
      return (await ledger.rollout(view.id)) ?? view;
    },
  );

  app.get(
    '/v1/rollouts/:id/runbook',
    {
      schema: {
        summary: "The rollout's frozen runbook",
        tags: ['rollouts'],
        params: idParams,
        response: { 200: runbook, 404: notFound },
      },
    },
    async ({ params }) => {
      const view = await rollouts.find(params.id);
      const found = await ledger.runbook(view.id);
      if (found !== null) return found;
      throw new SluiceError({
        code: 'NOT_FOUND',
        message: `The rollout ${view.id} has no runbook.`,
        hint: 'It was refused, or its runbook is still being made: GET /v1/rollouts/{id} says which.',
      });
    },
  );

  app.get(
    '/v1/rollouts/:id/samples',
    {
      schema: {
        summary: 'What the gate saw in one watch',
        tags: ['rollouts'],
        params: idParams,
        querystring: samplesQuery,
        response: { 200: sampleList.or(countsList), 404: notFound },
      },
    },
    async ({ params, query }) => {
      const { watch, after, form } = query;
      const { id, watches } = await rollouts.find(params.id);
      if (form === 'samples') {
        const all = await ledger.samples(id, watch, after);
        return {
          watch,
          samples: all.slice(0, samplesPerPage),
          more: all.length > samplesPerPage,
        };
      }
      // Counted from the beginning: what came before the first one that is asked for is part of the sum.
      const asked = watches.find((each) => each.watch === watch);
      const [first] = watches;
      const counting = new Counting(asked === undefined || first === undefined ? 0 : beginOf(asked, first));
      const points = (await ledger.samples(id, watch)).map((sample) => counting.add(sample));
      const wanted = after === undefined ? points : points.filter(({ t }) => t > after);
      return { watch, points: thin(wanted, pointsPerChart) };
    },
  );
};
