import { describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import type { LedgerEvent } from '../../runbooks/events.ts';
import { packaged } from '../../src/packaged.ts';
import type { KeepInput } from '../../workflows/contract.ts';
import type { deliver } from '../../workflows/deliver.ts';
import { newsSignal, sourceSignal } from '../../workflows/delivery-messages.ts';
import type { keep } from '../../workflows/keep.ts';
import type { source } from '../../workflows/source.ts';
import type { AnnounceInput, DeliverInput, PageInput, SourceNews } from '../../workflows/telling.ts';
import { digest } from '../runbooks/make.ts';
import { migrating } from '../runbooks/migrating.ts';
import { operator, settings } from './stage.ts';
import { stagePerTest } from './stage-hooks.ts';

const page = { pagerduty: { routingKey: 'env:PD', severity: 'critical' as const } };

const stage = stagePerTest();

type Seen = {
  readonly paged: PageInput[];
  readonly events: LedgerEvent[];
  readonly announced: AnnounceInput[];
};

/** What the activities saw while `work` ran with a worker on a queue of its own. */
let count = 0;
const playing = async (
  work: (queue: string, seen: Seen) => Promise<void>,
  fails: (input: AnnounceInput) => void = () => undefined,
): Promise<Seen> => {
  count += 1;
  const queue = `telling-${String(count)}`;
  const seen: Seen = { paged: [], events: [], announced: [] };
  const worker = await Worker.create({
    connection: stage().env.nativeConnection,
    taskQueue: queue,
    workflowBundle: { codePath: packaged.workflowBundle },
    activities: {
      page: async (input: PageInput) => {
        seen.paged.push(input);
        return 'a summary';
      },
      record: async (events: readonly LedgerEvent[]) => void seen.events.push(...events),
      announce: async (input: AnnounceInput) => {
        fails(input);
        seen.announced.push(input);
        return { message: { channel: 'C1', ts: '1.1', permalink: 'https://acme.slack.com/p1' } };
      },
      follow: async () => undefined,
    },
  });
  await worker.runUntil(() => work(queue, seen));
  return seen;
};

describe('a silent source', () => {
  const news = (rolloutId: string, does: SourceNews['do']): SourceNews => ({
    ...{ do: does, rolloutId, place: { service: rolloutId, environment: 'production' } },
    ...{ owners: ['team'], sentence: 'No answer.', at: '2026-01-01T00:00:00.000Z' },
  });
  const tell = async (hash: string, all: readonly SourceNews[]): Promise<Seen> =>
    playing(async (queue) => {
      const own = { ...settings, queues: { main: queue, watch: queue, tell: queue } };
      for (const each of all) {
        await stage().env.client.workflow.signalWithStart<typeof source, [SourceNews]>('source', {
          ...{ workflowId: `deliver/source/${hash}`, taskQueue: queue },
          ...{ signal: sourceSignal, signalArgs: [each] },
          args: [{ hash, source: 'prometheus http://p:9090', page, settings: own }],
        });
      }
      await stage().env.client.workflow.getHandle(`deliver/source/${hash}`).result();
    });
  const orders = ({ paged }: Seen) => paged.map(({ order }) => [order.do, order.incident]);

  test('is one incident for all who wait, resolved when the last of them has its data', async () => {
    const seen = await tell('aa', [
      news('one', 'silent'),
      news('two', 'silent'),
      news('one', 'silent'),
      news('one', 'back'),
      news('two', 'back'),
    ]);
    expect(orders(seen)).toEqual([
      ['trigger', 'sluice/source/aa'],
      ['trigger', 'sluice/source/aa'],
      ['resolve', 'sluice/source/aa'],
    ]);
    const [first, second] = seen.paged;
    expect(first?.order).toMatchObject({
      severity: 'warning',
      facts: { of: 'source', waiting: [{ rolloutId: 'one' }] },
    });
    // Whoever is called sees everybody who waits.
    expect(second?.order).toMatchObject({
      facts: {
        waiting: [{ rolloutId: 'one' }, { rolloutId: 'two' }],
        commands: ['sluice doctor', 'sluice status one', 'sluice status two'],
      },
    });
    // Each of them has it in its story.
    for (const id of ['one', 'two']) {
      const told = seen.events.filter(({ rolloutId }) => rolloutId === id).map(({ body }) => body);
      expect(told).toMatchObject([{ action: 'trigger' }, { action: 'resolve' }]);
    }
  });

  test('stays with a person where everybody has given up on it', async () => {
    expect(orders(await tell('bb', [news('one', 'silent'), news('one', 'left')]))).toEqual([
      ['trigger', 'sluice/source/bb'],
    ]);
  });
});

describe('what the database would lose, long after the rollout', () => {
  const day = 24 * 3_600_000;
  const keepOf = (queue: string): KeepInput => {
    const file = migrating();
    const { production } = file.environments;
    if (production === undefined) throw new Error('no production');
    const contract = {
      ...{ migrations: [{ name: '0001-email', sha256: 'c'.repeat(64) }], level: '0001-email' },
      ...{ by: 'ask' as const, expiresMs: 10 * day, withinMs: 60_000 },
    };
    return {
      ...{ rolloutId: queue, place: { service: 'shop', environment: 'production' }, epoch: 1 },
      file: {
        ...file,
        environments: { production: { ...production, slack: { channel: '#deploys' } } },
      },
      plan: { retireNow: [], warm: null, keepWarmMs: 0, contract },
      release: { version: '2.1.0', digest: digest('2') },
      requester: { id: 'bo', via: 'token', groups: [] },
      settings: { ...settings, queues: { main: queue, watch: queue, tell: queue } },
    };
  };
  const contracts = ({ announced }: Seen) =>
    announced.flatMap(({ news }) =>
      news.map(({ body, at }) => ({
        is: body.type === 'contract' ? body.is : body.type,
        at: Date.parse(at),
      })),
    );
  const keeping = (fails?: (input: AnnounceInput) => void) =>
    playing(async (queue) => {
      const handle = await stage().env.client.workflow.start<typeof keep>('keep', {
        ...{ workflowId: `keep/${queue}`, taskQueue: queue, args: [keepOf(queue)] },
      });
      await handle.result();
      await stage().env.client.workflow.getHandle(`deliver/${queue}`).result();
    }, fails);

  test('is asked in the thread, with reminders at half and four fifths of the time, and said to be over', async () => {
    const seen = await keeping();
    const heard = contracts(seen);
    expect(heard.map(({ is }) => is)).toEqual(['asked', 'reminder', 'reminder', 'expired', 'keep-closed']);
    const since = heard.map(({ at }) => Math.round((at - (heard[0]?.at ?? 0)) / day));
    expect(since).toEqual([0, 5, 8, 10, 10]);
  });

  test('is told in order also where Slack is away meanwhile, by one delivery at a time', async () => {
    let tries = 0;
    const seen = await keeping(() => {
      tries += 1;
      if (tries <= 2) throw ApplicationFailure.create({ message: 'away', nextRetryDelay: 6 * day });
    });
    expect(contracts(seen).map(({ is }) => is)).toEqual([
      ...['asked', 'reminder', 'reminder', 'expired', 'keep-closed'],
    ]);
  });
});

describe('messages', () => {
  const event = (i: number, body: LedgerEvent['body']): LedgerEvent => ({
    ...{ rolloutId: 'r', id: `rollout/${String(i)}`, at: '2026-01-01T00:00:00.000Z' },
    ...{ actor: null, body, texts: {} },
  });
  const state = (i: number, now: 'deploying' | 'watching' | 'ramping'): LedgerEvent =>
    event(i, { type: 'state', state: now, until: null, next: null });
  const closed = (i: number): LedgerEvent =>
    event(i, { type: 'closed', state: 'succeeded', sentence: 'done' });

  const deliverOf = (rolloutId: string, queue: string): DeliverInput => ({
    ...{ rolloutId, place: { service: 'shop', environment: 'production' }, kind: 'deploy', version: '2' },
    channels: { page: null, slack: { channel: '#deploys' } },
    settings: { ...settings, queues: { main: queue, watch: queue, tell: queue } },
    file: { owners: ['team'], source: 'practice' },
    ...{ actor: operator, ledger: [], follows: true, carried: null },
  });

  const told = (batches: readonly (readonly LedgerEvent[])[], fails?: (input: AnnounceInput) => void) =>
    playing(async (queue) => {
      const workflowId = `deliver/${queue}`;
      const handle = await stage().env.client.workflow.start<typeof deliver>('deliver', {
        ...{ workflowId, taskQueue: queue, args: [deliverOf(queue, queue)] },
      });
      for (const batch of batches) await handle.signal(newsSignal, [...batch]);
      await handle.result();
    }, fails);

  test('are told everything once, in order, with a revision that rises and the message that was made', async () => {
    const seen = await told([
      [state(1, 'deploying')],
      [state(2, 'ramping'), state(3, 'ramping')],
      [closed(4)],
    ]);
    expect(seen.announced.flatMap(({ news }) => news.map(({ id }) => id))).toEqual(
      [1, 2, 3, 4].map((i) => `rollout/${String(i)}`),
    );
    const revisions = seen.announced.map(({ revision }) => revision);
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
    expect(new Set(revisions).size).toBe(revisions.length);
    expect(seen.announced[0]?.message).toBeNull();
    expect(seen.announced.at(-1)).toMatchObject({ last: true, state: 'succeeded' });
    if (seen.announced.length > 1) expect(seen.announced[1]?.message).toMatchObject({ ts: '1.1' });
  });

  test('one that is tried again is told the same again; what Slack refuses for good does not stop the next', async () => {
    let tries = 0;
    const again = await told([[state(1, 'deploying')], [closed(2)]], () => {
      tries += 1;
      if (tries <= 3) throw ApplicationFailure.create({ message: 'ratelimited', nextRetryDelay: 60_000 });
    });
    expect(again.announced.flatMap(({ news }) => news.map(({ id }) => id))).toEqual([
      'rollout/1',
      'rollout/2',
    ]);
    const refused = await told([[state(1, 'deploying')], [closed(2)]], ({ news }) => {
      if (news.length === 1 && news[0]?.id === 'rollout/1')
        throw ApplicationFailure.nonRetryable('channel_not_found');
    });
    expect(refused.announced.at(-1)).toMatchObject({ last: true });
  });
});
