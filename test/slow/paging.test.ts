import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { sluice } from '../e2e/cli.ts';
import { Dev } from '../e2e/dev.ts';
import { oldVersion } from '../e2e/files.ts';
import { isTold, OnCall } from '../e2e/on-call.ts';
import { backWithinMs } from '../e2e/test-service.ts';
import { until } from '../e2e/until.ts';

const canary = '1.1.0';
const { page } = OnCall;

let onCall: OnCall;
let dev: Dev;
beforeAll(async () => {
  onCall = await OnCall.begin();
  dev = await Dev.start(
    [
      { name: 'ill', watch: '4s', page },
      { name: 'lonely', watch: '4s', page },
      { name: 'calm', watch: '3s', steps: [100], page },
    ],
    onCall.environment,
  );
}, 90_000);
afterAll(async () => {
  await dev.stop();
  await onCall.end();
}, 60_000);

/** A release of which a tenth fails, until it has gone back. */
const breach = async (name: string): Promise<string> => {
  const service = dev.service(name);
  service.release(canary, { errorRate: 0.1 });
  const { rolloutId } = await service.deploy(canary);
  return rolloutId;
};

test('a breach is one alert, acknowledged in PagerDuty, resolved when the old version is well; the record says all of it', async () => {
  await dev.service('ill').under(300, async () => {
    const rolloutId = await breach('ill');
    const alert = await onCall.alert(rolloutId);
    const delivered = [202, { rollouts: [rolloutId] }];
    expect(await onCall.acknowledge(dev.home, alert, 'delivery-1')).toEqual(delivered);
    // At least once, says PagerDuty: the same delivery again changes nothing.
    expect(await onCall.acknowledge(dev.home, alert, 'delivery-1')).toEqual(delivered);
    await onCall.resolved(rolloutId);
    const view = await dev.api.reaches(rolloutId, 'told', isTold);

    expect(onCall.alerts(rolloutId)).toHaveLength(1);
    const [first] = alert.triggers;
    expect(alert.triggers.map(({ payload }) => payload.severity)).toEqual(['error']);
    expect(first?.payload.summary).toMatch(
      new RegExp(`^ill ${oldVersion} → ${canary} in production is rolled back: .*\\d.*limit`),
    );
    expect(first?.links?.map(({ href }) => href)).toEqual([
      `https://sluice.example.com/rollouts/${rolloutId}`,
      'https://wiki.example.com/x',
    ]);
    expect(JSON.stringify(first?.payload.custom_details)).toContain(`sluice why ${rolloutId}`);

    expect(view.pages).toMatchObject([
      {
        state: 'resolved',
        severity: 'error',
        acknowledgedBy: { id: 'pagerduty:PLH1HKV', name: 'Téa Engineer' },
        resolvedBy: null,
        lateSince: null,
      },
    ]);
    const answers = (await dev.api.events(rolloutId)).filter(({ body }) => body.type === 'page-answered');
    expect(answers).toHaveLength(1);
    // The other tests' services tell theirs, too.
    const own = onCall.server.changes.filter(({ payload }) => payload.summary.startsWith('ill '));
    expect(own.map(({ payload }) => payload.summary.split(': ').at(-1))).toEqual([
      'started',
      `goes back to ${oldVersion}`,
    ]);

    const json = await sluice(dev.home, ['incident', rolloutId, '--json']);
    const { times } = z
      .object({ times: z.record(z.string(), z.union([z.number(), z.string(), z.null()])) })
      .parse(JSON.parse(json.out));
    expect(times['rollBackMs']).toBe(view.trafficBackMs);
    for (const name of ['detectMs', 'restoreMs']) expect(times[name]).toBeGreaterThan(0);
    // The answer may come before it is written that there was a page.
    expect(times['acknowledgeMs']).toBeGreaterThanOrEqual(0);
    expect(Number(times['restoreMs'])).toBeGreaterThan(Number(times['detectMs']));
    const { out, exit } = await sluice(dev.home, ['incident', rolloutId]);
    expect(exit).toBe(0);
    for (const part of ['## Evidence', 'by Téa Engineer', 'resolved at', '## Timeline', '## To be answered'])
      expect(out).toContain(part);
    onCall.server.check();
  });
});

test('PagerDuty away while a rollout fails: the traffic is back as soon as ever, and afterwards there is one alert, resolved', async () => {
  await dev.service('lonely').under(300, async () => {
    onCall.server.fault({ do: 'hang' });
    const rolloutId = await breach('lonely');
    const ended = await dev.api.ended(rolloutId);
    expect(ended).toMatchObject({ state: 'rolled-back', recovered: true });
    expect(ended.trafficBackMs).toBeLessThan(backWithinMs);
    expect(onCall.alerts(rolloutId)).toEqual([]);
    // Whatever it was told meanwhile, nobody at PagerDuty heard.
    expect(onCall.server.requests.length).toBeGreaterThan(0);
    onCall.server.fault({ do: 'status', status: 429, retryAfter: '1' });
    const { length } = onCall.server.requests;
    await until('it is tried again', () => onCall.server.requests.length > length);
    onCall.server.fault(null);
    await onCall.resolved(rolloutId);
    expect(onCall.alerts(rolloutId)).toHaveLength(1);
    expect(onCall.alerts(rolloutId)[0]?.triggers).toHaveLength(1);
    await dev.api.reaches(rolloutId, 'told', isTold);
    onCall.server.check();
  });
});

test('a person pages by hand; a rollout that goes well resolves it', async () => {
  const calm = dev.service('calm');
  await calm.under(300, async () => {
    calm.release(canary);
    const { rolloutId } = await calm.deploy(canary);
    await dev.api.reaches(rolloutId, 'watching', ({ state }) => state === 'watching');
    expect(await dev.api.say(rolloutId, 'page')).toMatchObject({ effect: 'page' });
    const alert = await onCall.alert(rolloutId);
    expect(alert.triggers.map(({ payload }) => payload.severity)).toEqual(['critical']);
    const view = await calm.ends(rolloutId);
    expect(view.state).toBe('succeeded');
    await onCall.resolved(rolloutId);
    expect(onCall.alerts(rolloutId)).toHaveLength(1);
    onCall.server.check();
  });
});
