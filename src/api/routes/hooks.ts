import { z } from 'zod';
import { SluiceError } from '../../../runbooks/errors.ts';
import type { Paging } from '../../pagerduty/paging.ts';
import type { PagerDutyWebhook } from '../../pagerduty/webhook.ts';
import { answerOf, isSigned, webhookSchema } from '../../pagerduty/webhook.ts';
import type { PageAnswered } from '../../rollouts/page-answered.ts';
import { readSecret } from '../../secret.ts';
import type { ApiDeps, ZodApp } from '../deps.ts';
import { problemDocument } from '../schemas/answers.ts';
import { within } from '../../within.ts';

/** PagerDuty's own limit for a webhook. */
const largestWebhook = 256 * 1024;
/** It gives up after 5 s, and comes again for two days. */
const withinMs = 4_000;

export const pagerDutyHook = '/v1/hooks/pagerduty';

const webhookId = z.string().regex(/^[\w.:-]{1,120}$/);

/** What other services tell Sluice: signed by them, without a token. */
export const addHookRoutes = (app: ZodApp, { rollouts, paging }: ApiDeps): void => {
  void app.register(async (scope) => {
    // The signature is of the bytes as they came.
    scope.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer', bodyLimit: largestWebhook },
      (_request, body, done) => done(null, body),
    );
    scope.post(
      pagerDutyHook,
      {
        bodyLimit: largestWebhook,
        schema: {
          summary: 'What people did with an incident in PagerDuty (Webhooks v3)',
          description:
            'Signed by X-PagerDuty-Signature instead of a token. Acknowledged and resolved incidents of Sluice land in the story of their rollouts; everything else is taken and passed over.',
          tags: ['hooks'],
          security: [],
          response: {
            202: z.object({ rollouts: z.array(z.string()).describe('whose story it is part of now') }),
            400: problemDocument.describe('signed, and no webhook v3'),
            401: problemDocument.describe('not signed with one of the secrets'),
            404: problemDocument.describe('no secret is configured'),
            503: problemDocument.describe('not written down in time: it may be sent again'),
          },
        },
      },
      async (request, reply) => {
        const body = request.body instanceof Uint8Array ? request.body : new Uint8Array();
        const signature = request.headers['x-pagerduty-signature'];
        const secrets = await secretsOf(paging);
        if (!isSigned(typeof signature === 'string' ? signature : undefined, body, secrets)) throw unsigned();
        const answered = read(body, request.headers['x-webhook-id']);
        const told = answered === null ? [] : await inTime(rollouts.pageAnswered(answered));
        return reply.code(202).send({ rollouts: [...told] });
      },
    );
  });
};

/** @throws SluiceError NOT_FOUND where none is configured, PAGER_UNAVAILABLE where one that is can not be read */
const secretsOf = async ({ webhookSecrets, env }: Paging): Promise<readonly string[]> => {
  if (webhookSecrets.length === 0) {
    throw new SluiceError({
      code: 'NOT_FOUND',
      message: 'No signing secret of PagerDuty is configured: its webhooks can not be told from others.',
      hint: 'Set SLUICE_PAGERDUTY_WEBHOOK_SECRETS to where the secret of the subscription is.',
    });
  }
  return Promise.all(webhookSecrets.map((ref) => readSecret(ref, env, 'PAGER_UNAVAILABLE')));
};

const unsigned = (): SluiceError =>
  new SluiceError({
    code: 'UNAUTHENTICATED',
    message: 'The webhook is not signed with a secret that is known here.',
    hint: 'SLUICE_PAGERDUTY_WEBHOOK_SECRETS names the secret that PagerDuty showed when the subscription was made.',
  });

/** `null`: nobody has to know. @throws SluiceError USAGE */
const read = (body: Uint8Array, id: unknown): PageAnswered | null => {
  const webhook = parse(body);
  const answer = answerOf(webhook);
  const { event } = webhook;
  const { incident_key: incident, html_url: url } = event.data;
  // What Sluice itself did there comes back as a webhook, too: only people answer.
  if (answer === null || event.agent?.type !== 'user_reference' || typeof incident !== 'string') return null;
  return {
    webhookId: webhookId.safeParse(id).data ?? event.id,
    ...{ incident, answer, at: new Date(event.occurred_at).toISOString(), url: url ?? null },
    actor: { id: `pagerduty:${event.agent.id}`, via: 'pagerduty', groups: [] },
    name: event.agent.summary ?? null,
  };
};

const parse = (body: Uint8Array): PagerDutyWebhook => {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new SluiceError({ code: 'USAGE', message: 'The webhook is no JSON.' });
  }
  const parsed = webhookSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map(({ path }) => path.join('.')).join(', ');
  throw new SluiceError({ code: 'USAGE', message: `The webhook is no webhook v3 of PagerDuty: ${where}.` });
};

/** What is not done in time is done all the same, and changes nothing when it is asked for again. */
const inTime = async <T>(work: Promise<T>): Promise<T> => {
  const done = await within(withinMs, work);
  if (done !== null) return done;
  throw new SluiceError({ code: 'LEDGER_UNAVAILABLE', message: 'It could not be written down in time.' });
};
