import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SluiceError } from '../../../runbooks/errors.ts';
import { pagerDuty } from '../../../src/pagerduty/client.ts';
import type { AlertEvent } from '../../../src/pagerduty/events.ts';
import { renderAlert, renderChange } from '../../../src/pagerduty/render.ts';
import { PagerDutyServer } from '../../servers/pagerduty/server.ts';
import { changeFacts, frame, key, order, sourceFacts } from './make.ts';

let server: PagerDutyServer;
beforeEach(async () => {
  server = await PagerDutyServer.start(key);
});
afterEach(async () => {
  await server.close();
});

const client = (timeoutMs?: number) =>
  pagerDuty({ url: server.url, ...(timeoutMs === undefined ? {} : { timeoutMs }) });

const refused = async (call: Promise<void>): Promise<SluiceError> => {
  const error: unknown = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof SluiceError) return error;
  throw new Error(`not refused with a code: ${String(error)}`);
};

const ana = { id: 'ana', via: 'slack', groups: [] } as const;

test('trigger, acknowledge, resolve, and a change: as the reference has them, one alert', async () => {
  const { send, sendChange } = client();
  await send(renderAlert(order(), frame));
  await send(renderAlert(order({ severity: 'critical' }), frame));
  await send(renderAlert({ ...order(), do: 'acknowledge', by: ana }, frame));
  expect(server.alerts.all.map(({ status }) => status)).toEqual(['acknowledged']);
  await send(renderAlert({ ...order(), do: 'resolve' }, frame));
  await sendChange(renderChange(changeFacts, frame));
  expect(server.alerts.all.map(({ status, triggers }) => [status, triggers.length])).toEqual([
    ['resolved', 2],
  ]);
  expect(server.changes.map(({ payload }) => payload.summary)).toEqual([changeFacts.what]);
  server.check();
});

test('a source, a bare frame, and the longest of everything are taken, too', async () => {
  const { send } = client();
  const bare = { routingKey: key, publicUrl: null, runbook: null };
  await send(renderAlert({ ...order(), incident: 'sluice/source/aa', facts: sourceFacts }, bare));
  const long = { cause: '🚦'.repeat(5000), checks: Array.from({ length: 10 }, () => 'x'.repeat(2000)) };
  await send(renderAlert(order({ facts: long }), frame));
  server.check();
});

test('what the reference does not allow is found by the server: the checks can fail', async () => {
  const { send } = client();
  const good = renderAlert(order(), frame);
  const wrong: readonly unknown[] = [
    { ...good, dedup_key: 'x'.repeat(256) },
    { ...good, unheard_of: true },
    { ...good, links: [{ href: 'not an address' }] },
    { routing_key: key, event_action: 'resolve' },
    { ...good, payload: { summary: 'x'.repeat(1025), severity: 'error', source: 'shop' } },
    { ...good, payload: { summary: 'x', severity: 'fatal', source: 'shop' } },
  ];
  for (const event of wrong) expect((await refused(send(event as AlertEvent))).code).toBe('PAGER_REFUSED');
  expect(server.violations).toHaveLength(wrong.length);
  await send(renderAlert({ ...order(), do: 'resolve' }, frame));
  expect(() => server.check()).toThrow('which is not open');
});

describe('what goes wrong', () => {
  test('a wrong key is final, and is not quoted', async () => {
    const other = 'f'.repeat(32);
    const error = await refused(client().send(renderAlert(order(), { ...frame, routingKey: other })));
    expect(error).toMatchObject({ code: 'PAGER_REFUSED' });
    expect(error.message).toContain('Invalid routing key');
    expect(error.message).not.toContain(other);
  });

  test.each([
    ['2', 2000],
    ['0', 0],
    ['86400', 600_000],
    ['soon', undefined],
    [undefined, undefined],
  ])('429 with Retry-After %j is tried again after that', async (retryAfter, expected) => {
    server.fault({ do: 'status', status: 429, ...(retryAfter === undefined ? {} : { retryAfter }) });
    const error = await refused(client().send(renderAlert(order(), frame)));
    expect(error.code).toBe('PAGER_UNAVAILABLE');
    expect(error.details?.['retryAfterMs']).toBe(expected);
  });

  test.each([500, 503, 302, 404])('%d is tried again', async (status) => {
    server.fault({ do: 'status', status });
    expect((await refused(client().send(renderAlert(order(), frame)))).code).toBe('PAGER_UNAVAILABLE');
  });

  test.each(['hang', 'reset', 'lost'] as const)('%s is tried again, and is still one alert', async (what) => {
    server.fault({ do: what });
    const event = renderAlert(order(), frame);
    const error = await refused(client(300).send(event));
    expect(error.code).toBe('PAGER_UNAVAILABLE');
    server.fault(null);
    await client().send(event);
    expect(server.alerts.all).toHaveLength(1);
    server.check();
  });

  test('nobody is there', async () => {
    const { url } = server;
    await server.close();
    const error = await refused(pagerDuty({ url }).send(renderAlert(order(), frame)));
    expect(error).toMatchObject({ code: 'PAGER_UNAVAILABLE' });
    expect(error.message).toContain('ECONNREFUSED');
    server = await PagerDutyServer.start(key);
  });
});
