import { describe, expect, test } from '@jest/globals';
import { recordingSchema } from '../../../src/gates/recording.ts';
import type { Recording, RecordingInput } from '../../../src/gates/recording.ts';
import { replay, settingsOf } from '../../../src/gates/replay.ts';
import { rolloutGate } from '../../../src/gates/rollout-gate.ts';
import { evenHistory, samplesFrom, times } from './make.ts';
import type { Did } from './make.ts';

const healthy = (i: number): Did => ({
  canary: [i % 13 === 6 ? 1 : 0, 25],
  baseline: [i % 3 === 0 ? 2 : 0, 225],
});
const bad = (i: number): Did => ({ ...healthy(i), canary: [2, 25] });

const input = (steps: readonly Did[], more: object = {}): RecordingInput =>
  structuredClone({
    format: 'sluice-recording/1',
    ...{ service: 'checkout', version: '2.1.0', stable: '2.0.4', watch: '15m' },
    gates: { every: '5s', errors: { max: '1%' } },
    steps: [{ t: 0, share: 0.1 }],
    history: evenHistory(),
    samples: samplesFrom(steps),
    ...more,
  }) as unknown as RecordingInput;

const recorded = (steps: readonly Did[], more: object = {}): Recording =>
  recordingSchema.parse(input(steps, more));

describe('a recording runs again', () => {
  test('to the records that the gate gave live', () => {
    const recording = recorded(times(180, bad));
    const settings = settingsOf(recording);
    let state = rolloutGate.openWatch(rolloutGate.begin(settings, evenHistory()), 0);
    const live = [];
    for (const sample of samplesFrom(times(180, bad))) {
      const seen = rolloutGate.observe(settings, state, sample);
      state = seen.state;
      live.push(seen.record);
      if (rolloutGate.breach(settings, state) !== null) break;
    }
    const again = replay(recording);
    expect(JSON.stringify(again.records)).toBe(JSON.stringify(live));
    expect(again).toMatchObject({ verdict: 'breach', reason: 'errors_vs_baseline', t: live.at(-1)?.t });
    expect(again.sentence).toBe(rolloutGate.breach(settings, state)?.sentence);
  });

  test('to a pass at the end of its watch', () => {
    const again = replay(recorded(times(180, healthy)));
    expect(again).toMatchObject({ verdict: 'pass', reason: 'healthy', t: 900 });
    expect(again.records).toHaveLength(181);
  });

  test('with other settings', () => {
    const lax = { gates: { every: '5s', errors: { max: '20%', margin: '15%', harm: '15%' } } };
    expect(replay(recorded(times(180, bad), lax)).verdict).toBe('pass');
  });

  test('with what the parsed service file holds instead of what people write', () => {
    const parsed = recorded(times(180, healthy), {
      gates: {
        every: 5000,
        source: { practice: {} },
        errors: { max: 0.01 },
        onInconclusive: { then: 'ask' },
        holdBack: 0.1,
      },
    });
    expect(settingsOf(parsed)).toEqual(settingsOf(recorded(times(1, healthy))));
  });
});

describe('its watches', () => {
  const long = (n: number, of = healthy) => times(n, of);

  test('are one per step, where no event tells of them; evidence goes on', () => {
    const again = replay(
      recorded(long(540), {
        steps: [
          { t: 0, share: 0.1 },
          { t: 900, share: 0.5 },
          { t: 1800, share: 1 },
        ],
      }),
    );
    expect(again.watches.map(({ t, verdict }) => [t, verdict.kind])).toEqual([
      [900, 'pass'],
      [1800, 'pass'],
      [2700, 'pass'],
    ]);
    expect(again.t).toBe(2700);
    const second = again.records.find(({ t }) => t === 905);
    expect(second?.health_evidence).toBeGreaterThan(20);
    expect(second?.canary.requests).toBe(25);
  });

  test('are those of the events, extensions included', () => {
    const again = replay(
      recorded(long(180), {
        watch: '2m',
        events: [
          { t: 0, type: 'watch-start', seconds: 100 },
          { t: 100, type: 'extend', seconds: 50 },
          { t: 400, type: 'watch-start' },
        ],
      }),
    );
    expect(again.watches.map(({ t }) => t)).toEqual([150, 520]);
  });

  test('have the sample at their very end, also where the last digits of its time are above the sum of theirs', () => {
    const ms = (t: number): number => Math.round(t * 1000) / 1000;
    const starts = Array.from({ length: 5000 }, (_, i) => ms(i / 1000)).filter((t) => t + 100 < ms(t + 100));
    expect(starts.length).toBeGreaterThan(0);
    const from = (start: number): Recording['samples'] =>
      recorded(long(20)).samples.map((sample) => ({ ...sample, t: ms(start + sample.t) }));
    const watched = (start: number) =>
      replay({
        ...recorded(long(20), { events: [{ t: start, type: 'watch-start', seconds: 100 }] }),
        samples: from(start),
      }).watches[0]?.verdict;
    expect(from(0).at(-1)?.t).toBe(100);
    for (const start of starts.slice(0, 5)) {
      const { canary, baseline } = watched(0) ?? {};
      expect(watched(start)).toMatchObject({ canary, baseline });
    }
  });

  test('end later by the time they were held', () => {
    const held = recorded(long(180), {
      watch: '2m',
      events: [
        { t: 60, type: 'hold' },
        { t: 300, type: 'resume' },
      ],
    });
    expect(replay(held).watches.map(({ t }) => t)).toEqual([360]);
  });

  test('end with a breach, whatever was planned after it', () => {
    const again = replay(
      recorded(
        long(360, (i) => (i < 200 ? healthy(i) : bad(i))),
        {
          steps: [
            { t: 0, share: 0.1 },
            { t: 900, share: 0.5 },
          ],
        },
      ),
    );
    expect(again.watches.map(({ verdict }) => verdict.kind)).toEqual(['pass', 'breach']);
    expect(again.t).toBeGreaterThan(1000);
    expect(again.t).toBeLessThan(1100);
  });

  test('that are longer than the recording have no data', () => {
    expect(replay(recorded(long(20)))).toMatchObject({ verdict: 'inconclusive', reason: 'no-data', t: 900 });
  });
});

describe('what is no recording is refused', () => {
  test.each([
    ['another format', { format: 'sluice-recording/2' }],
    ['an unknown member', { colour: 'red' }],
    ['no steps', { steps: [] }],
    ['samples out of order', { samples: [...samplesFrom(times(2, healthy))].reverse() }],
    ['a watch of no length', { watch: '15' }],
    [
      'counters that fell below 0',
      { samples: [{ t: 0, canary: { instances: [{ id: 'a', requests: -1, errors: 0 }] }, baseline: null }] },
    ],
    [
      'a histogram without its total',
      {
        samples: [
          {
            t: 0,
            canary: { instances: [{ id: 'a', requests: 1, errors: 0, latency: { le: [0.1], count: [1] } }] },
            baseline: null,
          },
        ],
      },
    ],
  ])('%s', (_, more) => {
    expect(recordingSchema.safeParse(input(times(2, healthy), more)).success).toBe(false);
  });

  test('one without a watch', () => {
    const early = recorded(times(3, healthy), { steps: [{ t: 100, share: 0.1 }] });
    expect(() => replay(early)).toThrow(/before the first watch/);
    const held = recorded(times(3, healthy), { events: [{ t: 0, type: 'hold' }] });
    expect(() => replay(held)).toThrow(/never ends/);
  });
});
