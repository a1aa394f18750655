import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { rolloutWorkflowId } from '../../workflows/ids.ts';
import { Dev } from '../e2e/dev.ts';
import { environment, oldVersion } from '../e2e/files.ts';
import { allBack } from '../e2e/test-service.ts';
import { until } from '../e2e/until.ts';

const canary = '1.1.0';
const minute = 60_000;
const next = '90 % to 1.1.0 (10 % held back), once the freeze is over (stocktaking)';

let dev: Dev;
beforeAll(async () => {
  dev = await Dev.start([{ name: 'shop' }]);
}, 90_000);
afterAll(async () => {
  await dev.stop();
}, 60_000);

type Page = {
  /** Title and subtitle of the run, and what stands in its table. */
  readonly summary: string;
  readonly details: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** What it does now, in Markdown. */
  readonly now: string;
  /** The words beside the lines of its timeline. */
  readonly timeline: readonly string[];
};

/** What Temporal's own page of the rollout shows. */
const pageOf = async (client: Client, workflowId: string): Promise<Page> => {
  const handle = client.workflow.getHandle(workflowId);
  const run = await handle.describe();
  const { currentDetails = '' } = await handle.query<{ readonly currentDetails?: string }>(
    '__temporal_workflow_metadata',
  );
  const { events } = await handle.fetchHistory();
  const attributes = run.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
  return {
    summary: (await run.staticSummary()) ?? '',
    details: (await run.staticDetails()) ?? '',
    attributes: Object.fromEntries(attributes) as Readonly<Record<string, unknown>>,
    now: currentDetails,
    timeline: (events ?? []).flatMap(({ userMetadata }) => {
      const payload = userMetadata?.summary;
      if (payload === null || payload === undefined) return [];
      return [defaultPayloadConverter.fromPayload<string>(temporal.api.common.v1.Payload.create(payload))];
    }),
  };
};

test('a rollout that a freeze has stopped half way is taken back within 2 s, and Temporal’s own page tells all of it', async () => {
  const service = dev.service('shop');
  await service.under(200, async () => {
    service.release(canary);
    // The freeze begins with a minute that has not come yet, so that the rollout may begin before it.
    const begins = Math.ceil((Date.now() + 10_000) / minute) * minute;
    const cron = `${String(new Date(begins).getUTCMinutes())} * * * *`;
    const windows = `[{ cron: "${cron}", for: 30m, zone: UTC, reason: stocktaking }]`;
    dev.files.declare({ name: 'shop', freeze: `{ during: hold, windows: ${windows} }` });
    const { rolloutId } = await service.deploy(canary);
    await service.goesOn(rolloutId, 'watching', ({ state }) => state === 'watching');
    await dev.api.say(rolloutId, 'hold');
    await service.goesOn(
      rolloutId,
      'held after its watch',
      ({ state, watches: [first] }) => state === 'held' && first?.verdict !== null,
    );
    await until('the freeze has begun', () => Date.now() > begins);
    await dev.api.say(rolloutId, 'resume');
    const frozen = await service.goesOn(rolloutId, 'frozen', ({ state }) => state === 'frozen');
    expect(frozen.next).toBe(next);
    expect((await service.weights()).at(-1)?.weights).toEqual({ [canary]: 50, [oldVersion]: 50 });

    await dev.temporal(async (client) => {
      const page = await pageOf(client, rolloutWorkflowId(environment, 'shop'));
      expect(page).toMatchObject({
        summary: 'deploy shop 1.1.0 in production',
        details: `rollout \`${rolloutId}\`, asked for by operator (operator)`,
        attributes: {
          SluiceService: 'shop',
          SluiceEnvironment: 'production',
          SluiceVersion: '1.1.0',
          SluicePhase: 'frozen',
        },
      });
      expect(page.now).toContain('**frozen**');
      expect(page.now).toContain(`next: ${next}`);
      expect(page.now).toContain('- ✓ 50 % to 1.1.0');
      expect(page.now).toContain('90 % to 1.1.0 (10 % held back)');
      expect(page.timeline).toEqual(expect.arrayContaining(['50 % to 1.1.0']));
    });

    const commandMs = Date.now();
    expect(await dev.api.say(rolloutId, 'abort')).toMatchObject({ outcome: 'done', effect: 'way-back' });
    expect(await service.trafficBack(canary, commandMs)).toEqual(allBack);
    expect(await dev.api.ended(rolloutId)).toMatchObject({ state: 'aborted', recovered: true });
  });
}, 400_000);
