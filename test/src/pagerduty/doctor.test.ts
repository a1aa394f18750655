import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ServiceFile } from '../../../runbooks/service.ts';
import { pagerChecks } from '../../../src/pagerduty/doctor.ts';
import type { Paging } from '../../../src/pagerduty/paging.ts';
import { PagerDutyServer } from '../../servers/pagerduty/server.ts';
import { makeService } from '../../runbooks/make.ts';
import { key } from './make.ts';

let server: PagerDutyServer;
beforeAll(async () => {
  server = await PagerDutyServer.start(key);
});
afterAll(() => server.close());

const onCall = (routingKey: string): ServiceFile => {
  const service = makeService();
  const [[name, environment] = []] = Object.entries(service.environments);
  if (name === undefined || environment === undefined) throw new Error('no environment');
  const page = { pagerduty: { routingKey, severity: 'critical' as const } };
  return { ...service, environments: { [name]: { ...environment, page } } };
};

const paging = (changes: Partial<Paging> = {}): Paging => ({
  ...{ url: server.url, publicUrl: null, webhookSecrets: [], env: { GOOD: key, SHORT: 'abc' } },
  ...changes,
});

test('where nobody is paged nothing is looked at', async () => {
  expect(await pagerChecks(paging({ url: 'http://127.0.0.1:9' }), [makeService()])).toEqual([]);
});

test('address and key, without an event that somebody would see; it does not claim that the key is known', async () => {
  const checks = await pagerChecks(paging(), [onCall('env:GOOD')]);
  expect(checks.map(({ name, ok }) => [name, ok])).toEqual([
    ['PagerDuty', true],
    ['pages of shop (production)', true],
  ]);
  expect(checks[1]?.says).toContain('whether PagerDuty knows it, the next rollout tells');
  expect(JSON.stringify(checks)).not.toContain(key);
  expect([server.alerts.all, server.changes]).toEqual([[], []]);
});

test.each([
  ['env:SHORT', 'has not the form'],
  ['env:ABSENT', 'is not there'],
  ['file:/nowhere/at/all', 'is not there'],
])('the key behind %s: %s', async (ref, says) => {
  const [, found] = await pagerChecks(paging(), [onCall(ref)]);
  expect(found).toMatchObject({ ok: false, says: expect.stringContaining(says) as unknown });
  expect(found?.mend).toMatch(/\S/);
});

test('an address that does not answer, or not well, is said', async () => {
  server.fault({ do: 'status', status: 503 });
  expect((await pagerChecks(paging(), [onCall('env:GOOD')]))[0]).toMatchObject({ ok: false });
  server.fault(null);
  const [away] = await pagerChecks(paging({ url: 'http://127.0.0.1:9' }), [onCall('env:GOOD')]);
  expect(away).toMatchObject({ ok: false, mend: expect.stringContaining('SLUICE_PAGERDUTY_URL') as unknown });
});
