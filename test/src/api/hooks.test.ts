import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { SluiceError } from '../../../runbooks/errors.ts';
import type { PageAnswered } from '../../../src/rollouts/page-answered.ts';
import type { Delivery } from '../../servers/pagerduty/server.ts';
import { webhook } from '../../servers/pagerduty/server.ts';
import type { World } from './world.ts';
import { openBareWorld } from './world.ts';

const secrets = ['old secret', 'new secret'] as const;
const alert = { dedupKey: 'sluice/production/shop/0193589c-2d10-7c3a-9b1e-5f0d6a7b8c9d' };

let world: World;
let api: FastifyInstance;
const heard: PageAnswered[] = [];
beforeAll(async () => {
  world = openBareWorld();
  world.script.pageAnswered = async (answered) => {
    heard.push(answered);
    return ['0193589c-2d10-7c3a-9b1e-5f0d6a7b8c9d'];
  };
  api = world.api({
    paging: {
      url: 'http://127.0.0.1:9',
      publicUrl: null,
      webhookSecrets: ['env:PD_OLD', 'env:PD_NEW'],
      env: { PD_OLD: secrets[0], PD_NEW: secrets[1] },
    },
  });
  await api.ready();
});
afterAll(() => world.close());

const send = (
  { body, headers }: Delivery,
  changes: { readonly body?: string; readonly headers?: Readonly<Record<string, string>> } = {},
) =>
  api.inject({
    method: 'POST',
    url: '/v1/hooks/pagerduty',
    headers: { ...headers, ...changes.headers },
    payload: changes.body ?? body,
  });

test('an acknowledgement is told: who, when, of what, under the id of the delivery', async () => {
  const delivery = webhook(alert, 'incident.acknowledged', [secrets[1]], {
    id: 'delivery-1',
    at: '2026-03-01T10:00:00Z',
  });
  const answer = await send(delivery);
  expect([answer.statusCode, answer.json()]).toEqual([
    202,
    { rollouts: ['0193589c-2d10-7c3a-9b1e-5f0d6a7b8c9d'] },
  ]);
  expect(heard.at(-1)).toEqual({
    webhookId: 'delivery-1',
    incident: alert.dedupKey,
    answer: 'acknowledged',
    at: '2026-03-01T10:00:00.000Z',
    actor: { id: 'pagerduty:PLH1HKV', via: 'pagerduty', groups: [] },
    name: 'Téa Engineer',
    url: 'https://acme.pagerduty.com/incidents/PGR0VU2',
  });
});

test.each([[[secrets[0]]], [[secrets[1]]], [[secrets[0], secrets[1]]], [['a third', secrets[0]]]])(
  'while secrets are rotated a signature by any known one will do: %j',
  async (by) => {
    expect((await send(webhook(alert, 'incident.resolved', by))).statusCode).toBe(202);
  },
);

test('who does not know a secret is refused, and nothing is told', async () => {
  const before = heard.length;
  const good = webhook(alert, 'incident.acknowledged', [secrets[0]]);
  const bare = { ...good, headers: { ...good.headers, 'x-pagerduty-signature': '' } };
  const signature = good.headers['x-pagerduty-signature'] ?? '';
  const tries = [
    send(webhook(alert, 'incident.acknowledged', ['guessed'])),
    send(bare),
    // One byte of white space more is another body.
    send(good, { body: `${good.body} ` }),
    send(good, { body: good.body.replace('Engineer', 'Engineer!') }),
    send(good, { headers: { 'x-pagerduty-signature': signature.replace('v1=', 'v2=') } }),
    send(good, { headers: { 'x-pagerduty-signature': signature.slice(0, -2) } }),
    send(good, { headers: { 'x-pagerduty-signature': 'v1=' } }),
  ];
  for (const answer of await Promise.all(tries)) {
    expect(answer.statusCode).toBe(401);
    expect(answer.json()).toMatchObject({ code: 'UNAUTHENTICATED' });
  }
  expect(heard).toHaveLength(before);
  expect(world.log.join('\n')).not.toContain(secrets[0]);
});

test('what nobody has to know is taken and passed over: other events, other incidents’ noise, our own resolve', async () => {
  const before = heard.length;
  const own = webhook(alert, 'incident.resolved', [secrets[0]]);
  const body = own.body.replace('"type":"user_reference"', '"type":"service_reference"');
  const { createHmac } = await import('node:crypto');
  const signature = `v1=${createHmac('sha256', secrets[0]).update(body).digest('hex')}`;
  const answers = await Promise.all([
    send(webhook(alert, 'incident.annotated', [secrets[0]])),
    send(webhook(alert, 'service.updated', [secrets[0]])),
    send(own, { body, headers: { 'x-pagerduty-signature': signature } }),
  ]);
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([202, 202, 202]);
  expect(heard).toHaveLength(before);
});

test('signed nonsense is refused in words; what could not be written is to be sent again', async () => {
  const { createHmac } = await import('node:crypto');
  for (const body of ['{', '[]', '{"event":{}}', '\u0000']) {
    const signature = `v1=${createHmac('sha256', secrets[0]).update(body).digest('hex')}`;
    const answer = await send(webhook(alert, 'incident.resolved', []), {
      body,
      headers: { 'x-pagerduty-signature': signature },
    });
    expect([body, answer.statusCode]).toEqual([body, 400]);
  }
  const told = world.script.pageAnswered;
  world.script.pageAnswered = async () => {
    throw new SluiceError({ code: 'LEDGER_UNAVAILABLE', message: 'away' });
  };
  expect((await send(webhook(alert, 'incident.resolved', [secrets[0]]))).statusCode).toBe(503);
  // Within PagerDuty's five seconds, whatever the ledger does.
  world.script.pageAnswered = () => new Promise(() => undefined);
  const began = Date.now();
  expect((await send(webhook(alert, 'incident.resolved', [secrets[0]]))).statusCode).toBe(503);
  expect(Date.now() - began).toBeLessThan(5_000);
  world.script.pageAnswered = told;
});

test('without a secret there is no such address', async () => {
  const bare = world.api();
  const { body, headers } = webhook(alert, 'incident.resolved', ['']);
  const answer = await bare.inject({ method: 'POST', url: '/v1/hooks/pagerduty', headers, payload: body });
  expect(answer.statusCode).toBe(404);
  expect(answer.json()).toMatchObject({ code: 'NOT_FOUND' });
});
