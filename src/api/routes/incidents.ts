import { SluiceError } from '../../../runbooks/errors.ts';
import { readIncident } from '../../incidents/read.ts';
import type { ApiDeps, ZodApp } from '../deps.ts';
import { problemDocument } from '../schemas/answers.ts';
import { incident } from '../schemas/incident.ts';
import { idParams } from '../schemas/requests.ts';

/** The record of a failed rollout. */
export const addIncidentRoutes = (app: ZodApp, { rollouts, ledger }: ApiDeps): void => {
  app.get(
    '/v1/rollouts/:id/incident',
    {
      schema: {
        summary: 'What went wrong: times, evidence, who was paged, timeline',
        tags: ['rollouts'],
        params: idParams,
        response: {
          200: incident,
          404: problemDocument.describe('no such rollout, or it did not fail'),
        },
      },
    },
    async ({ params }) => {
      const view = await rollouts.find(params.id);
      const found = await readIncident(ledger, view);
      if (found !== null) return found;
      throw new SluiceError({
        code: 'NOT_FOUND',
        message: `The rollout ${view.id} did not fail, and nobody was paged about it.`,
        hint: `What happened to it: sluice why ${view.id}`,
      });
    },
  );
};
