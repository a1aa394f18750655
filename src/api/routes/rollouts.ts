import type { z } from 'zod';
import type { SaidAnswer, StartAnswer } from '../../rollouts/requests.ts';
import type { ApiDeps, ZodApp } from '../deps.ts';
import { actorOf } from '../guard.ts';
import { sendRefusals } from '../problem.ts';
import { problemDocument, rolloutAnswer, saidAnswer } from '../schemas/answers.ts';
import { commandRequest, idParams, keyHeaders, rolloutRequest } from '../schemas/requests.ts';

/** Starting rollouts, and what is said to them. */
export const addRolloutRoutes = (app: ZodApp, { rollouts }: ApiDeps): void => {
  app.post(
    '/v1/rollouts',
    {
      schema: {
        summary: 'Start a deploy or a rollback, or move a flag',
        description:
          'A refusal means that nothing was written to any target. A rollback of a service whose rollout is open is said to that rollout.',
        tags: ['rollouts'],
        headers: keyHeaders,
        body: rolloutRequest,
        response: {
          200: rolloutAnswer.describe('the key was used before, or the open rollout goes back'),
          201: rolloutAnswer.describe('accepted, with its runbook'),
          202: rolloutAnswer.describe('it waits for the rollout before it, or is not confirmed yet'),
          403: problemDocument.describe('the sender may not; it is recorded'),
          409: problemDocument.describe('another rollout runs, or the key was used for another request'),
          422: problemDocument.describe('refused; every reason in problems'),
        },
      },
    },
    async (request, reply) => {
      const { body, headers } = request;
      const asked = {
        actor: actorOf(request),
        reason: body.reason ?? null,
        service: body.service,
        environment: body.environment ?? null,
        key: headers['idempotency-key'] ?? null,
      };
      const answer = await begin(rollouts, body, asked);
      reply.header('location', `/v1/rollouts/${answer.rolloutId}`);
      if (answer.outcome === 'refused') {
        sendRefusals(reply, answer.problems, answer.rolloutId);
        return reply;
      }
      return reply.code(statusOf(answer)).send(answer);
    },
  );

  app.post(
    '/v1/rollouts/:id/commands',
    {
      schema: {
        summary: 'Say something to a rollout',
        tags: ['rollouts'],
        params: idParams,
        headers: keyHeaders,
        body: commandRequest,
        response: {
          200: saidAnswer.describe('done; `started` where it began another rollout'),
          202: saidAnswer.describe('not confirmed yet; it may still be carried out'),
          403: problemDocument.describe('the sender may not; it is recorded'),
          409: problemDocument.describe('the state of the rollout does not allow it'),
        },
      },
    },
    async (request, reply) => {
      const { params, body, headers } = request;
      const answer = await rollouts.say({
        id: params.id,
        command: body.command,
        actor: actorOf(request),
        reason: body.reason ?? null,
        ...(body.plan === undefined ? {} : { plan: body.plan }),
        key: headers['idempotency-key'] ?? null,
      });
      return reply.code(answer.outcome === 'done' ? 200 : 202).send(answer);
    },
  );
};

type Asked = Omit<Parameters<ApiDeps['rollouts']['flag']>[0], 'flag' | 'percent'>;

const begin = (
  rollouts: ApiDeps['rollouts'],
  body: z.output<typeof rolloutRequest>,
  asked: Asked,
): Promise<StartAnswer | SaidAnswer> => {
  switch (body.kind) {
    case 'deploy':
      return rollouts.deploy({
        ...asked,
        version: body.version,
        ...(body.overrides === undefined ? {} : { overrides: body.overrides }),
        ...(body.hotfix === undefined ? {} : { hotfix: body.hotfix }),
      });
    case 'rollback':
      return rollouts.rollback({ ...asked, to: body.to ?? null });
    case 'flag':
      return rollouts.flag({ ...asked, flag: body.flag, percent: body.percent });
    default:
      return body satisfies never;
  }
};

type Taken = Exclude<StartAnswer | SaidAnswer, { readonly outcome: 'refused' }>;

const statusOf = (answer: Taken): 200 | 201 | 202 => {
  switch (answer.outcome) {
    case 'accepted':
      return answer.repeated ? 200 : 201;
    case 'done':
      return 200;
    case 'queued':
    case 'not-confirmed':
      return 202;
    default:
      return unreachable(answer);
  }
};

const unreachable = (answer: never): never => {
  throw new Error(`answer ${JSON.stringify(answer)}`);
};
