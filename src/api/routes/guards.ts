import type { ApiDeps, ZodApp } from '../deps.ts';
import { actorOf } from '../guard.ts';
import { problemDocument } from '../schemas/answers.ts';
import {
  liftRequest,
  lockRequest,
  lockView,
  quarantined,
  quarantineList,
  unlocked,
  unlockRequest,
} from '../schemas/guards.ts';
import { serviceParams } from '../schemas/requests.ts';

/** What people put in the way of deploys, and take away again: locks, and the quarantine of digests. */
export const addGuardRoutes = (app: ZodApp, { rollouts, ledger }: ApiDeps): void => {
  const unknown = problemDocument.describe('no such service or environment, or nothing to take away');

  app.post(
    '/v1/services/:service/lock',
    {
      schema: {
        summary: 'No new deploy begins; abort and rollback are never locked',
        tags: ['services'],
        params: serviceParams,
        body: lockRequest,
        response: { 200: lockView, 404: unknown },
      },
    },
    async (request) => {
      const { params, body } = request;
      const {
        actor: _by,
        replaces: _before,
        ...placed
      } = await rollouts.lock({
        service: params.service,
        environment: body.environment ?? null,
        forMs: body.for ?? null,
        reason: body.reason,
        actor: actorOf(request),
      });
      return placed;
    },
  );

  app.post(
    '/v1/services/:service/unlock',
    {
      schema: {
        summary: 'Takes a lock away',
        tags: ['services'],
        params: serviceParams,
        body: unlockRequest,
        response: { 200: unlocked, 404: unknown },
      },
    },
    async (request) =>
      rollouts.unlock({
        service: request.params.service,
        environment: request.body.environment ?? null,
        reason: request.body.reason,
        actor: actorOf(request),
      }),
  );

  app.get(
    '/v1/quarantine',
    {
      schema: {
        summary: 'Digests that a gate rolled back and that nobody has lifted, the newest first',
        tags: ['services'],
        response: { 200: quarantineList },
      },
    },
    async () => ({ quarantined: await ledger.quarantine() }),
  );

  app.post(
    '/v1/quarantine/lift',
    {
      schema: {
        summary: 'A digest may be deployed again',
        tags: ['services'],
        body: liftRequest,
        response: { 200: quarantined, 404: unknown },
      },
    },
    async (request) => rollouts.liftQuarantine({ ...request.body, actor: actorOf(request) }),
  );
};
