import { SluiceError } from '../../../runbooks/errors.ts';
import type { ApiDeps, ZodApp } from '../deps.ts';
import { problemDocument } from '../schemas/answers.ts';
import { recordingText } from '../schemas/recording.ts';
import { idParams, recordingQuery } from '../schemas/requests.ts';

/** What the gate was shown in a rollout. */
export const addRecordingRoutes = (app: ZodApp, { rollouts, recordings }: ApiDeps): void => {
  app.get(
    '/v1/rollouts/:id/recording',
    {
      schema: {
        summary: 'What the gate was shown, from the start of the rollout to the end of a watch',
        tags: ['rollouts'],
        params: idParams,
        querystring: recordingQuery,
        response: { 200: recordingText, 404: problemDocument.describe('no such rollout or recording') },
      },
    },
    async ({ params, query }, reply) => {
      const { id, watches } = await rollouts.find(params.id);
      const recorded = watches.flatMap(({ watch, verdict }) => {
        const sha256 = verdict?.recording ?? null;
        return sha256 === null || (query.watch ?? watch) !== watch ? [] : [sha256];
      });
      const sha256 = recorded.at(-1);
      if (sha256 === undefined) {
        throw new SluiceError({
          code: 'NOT_FOUND',
          message: `The rollout ${id} has no recording${query.watch === undefined ? '' : ` of watch ${String(query.watch)}`}.`,
          hint: 'A watch leaves one when it ends with a verdict: GET /v1/rollouts/{id} has them.',
        });
      }
      // It goes out as it lies there: its hash stands in the ledger.
      return reply.type('application/json; charset=utf-8').send(await recordings.get(sha256));
    },
  );
};
