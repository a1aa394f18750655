import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import { makeWatch } from '../../activities/watch.ts';
import type { Target } from '../../activities/targets/target.ts';
import { openLedger } from '../../src/store/open.ts';
import { recordingsIn } from '../../src/store/recordings.ts';
import type { WatchInput, WatchOutput } from '../../workflows/contract.ts';
import { makeRequest } from '../runbooks/make.ts';
import { layLedger } from '../servers/ledger-template.ts';
import { gates, servePage } from './metrics/pages.ts';

const zero = Date.parse('2026-01-01T00:00:00.000Z');
const at = (ms: number): string => new Date(zero + ms).toISOString();

/** A watch of one second over a page of metrics, on a clock that goes on by 50 ms with each heartbeat. */
const watchFrom = async (startMs: number) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-watch-'));
  const ledger = await openLedger(await layLedger(folder));
  try {
    const { url } = await servePage(() => 'requests_total{version="2.1.0",code="200"} 90\n');
    const total = 'requests_total{version="$version"}';
    const policy = gates(
      { scrape: { url: `${url}/metrics` } },
      { errors: { total, bad: 'requests_total{version="$version",code=~"5.."}' } },
    );
    const input: WatchInput = {
      ...{ rolloutId: 'r', watch: 0, place: { service: 'shop', environment: 'production' } },
      ...{ file: makeRequest().service, canary: '2.1.0', baseline: null, stable: null, percent: 100 },
      plan: { windowMs: 1000, percents: [100] },
      gates: { ...policy, holdBack: 0, every: 100 },
      ...{ startsAt: at(0), endsAt: at(1000), zeroAt: at(0), carry: null, awaits: null, silenceMs: null },
    };
    let now = zero + startMs;
    const environment = new MockActivityEnvironment();
    environment.on('heartbeat', () => (now += 50));
    const log = pino({ level: 'silent' });
    const deps = {
      ...{ ledger, log, clock: () => now, recordings: recordingsIn(path.join(folder, 'recordings')) },
      // A page of metrics is read without it.
      target: () => ({}) as Target,
    };
    const { verdict }: WatchOutput = await environment.run(makeWatch(deps), input);
    return { verdict, seen: (await ledger.samples('r', 0)).map(({ t }) => t) };
  } finally {
    await ledger.close();
    await rm(folder, { recursive: true, force: true });
  }
};

test('the first reading of a watch is made at once, not after an interval; the others fall on its grid', async () => {
  const { verdict, seen } = await watchFrom(137);
  expect(seen).toEqual([0.137, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
  expect(verdict.recording).toMatch(/^[0-9a-f]{64}$/);
});

test('one that comes late reads what is left of its time', async () => {
  expect((await watchFrom(812)).seen).toEqual([0.812, 0.9, 1]);
  const { seen, verdict } = await watchFrom(1500);
  expect(seen).toEqual([]);
  expect(verdict.kind).toBe('inconclusive');
});
