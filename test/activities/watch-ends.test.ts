import { describe, expect, test } from '@jest/globals';
import { endsEarly } from '../../activities/watch-ends.ts';
import type { Sample } from '../../src/gates/reading.ts';
import { rolloutGate } from '../../src/gates/rollout-gate.ts';
import type { GateState } from '../../src/gates/state.ts';
import { changeArm, samplesFrom, settingsWith, show, times } from '../src/gates/make.ts';

const settings = settingsWith();
/** Fifty requests a second; the canary gets a tenth. */
const healthy = (n: number): readonly Sample[] =>
  samplesFrom(times(n, (i) => ({ canary: [0, 25], baseline: [i % 4 === 0 ? 3 : 0, 225] })));
const silentFrom = (n: number, second: number): readonly Sample[] =>
  changeArm(healthy(n), 'canary', (reading, t) => (t > second ? null : reading));

const silence = { awaits: null, silenceMs: 120_000 } as const;
const awaiting = (awaits: 'metrics' | 'traffic' | 'recovery') => ({ awaits, silenceMs: null });

/** A watch that begins where another ended, and sees what is left of the samples. */
const goOn = (samples: readonly Sample[], from: number): GateState =>
  samples
    .filter(({ t }) => t > from)
    .reduce(
      (state, sample) => rolloutGate.observe(settings, state, sample).state,
      rolloutGate.openWatch(
        show(
          settings,
          samples.filter(({ t }) => t <= from),
        ).state,
        from,
      ),
    );

describe('a watch ends before its time', () => {
  test('when the metrics of the new version were silent for two minutes, and says since when', () => {
    const { state } = show(settings, silentFrom(84, 300));
    expect(endsEarly(silence, settings, state, 415)).toBeNull();
    const early = endsEarly(silence, settings, state, 420);
    expect(early).toMatchObject({
      ended: { t: 420, why: 'silence' },
      verdict: { kind: 'inconclusive', reason: 'no-data' },
    });
    expect(early?.verdict).toMatchObject({ t: 420, silentSeconds: 120 });
    expect(early?.verdict.sentence).toContain('No metrics from 2.1.0 for 2 min');
    expect(early?.verdict.sentence).toContain('not evidence of health');
  });

  test('not while they answer, whatever is waited for, and not for a silence nobody asked about', () => {
    expect(endsEarly(silence, settings, show(settings, healthy(84)).state, 420)).toBeNull();
    const { state } = show(settings, silentFrom(84, 300));
    expect(endsEarly({ awaits: null, silenceMs: null }, settings, state, 420)).toBeNull();
  });

  test('when metrics are back: only what it has read itself counts', () => {
    const away = silentFrom(84, 300);
    expect(endsEarly(awaiting('metrics'), settings, goOn(away, 400), 420)).toBeNull();
    const back = changeArm(healthy(84), 'canary', (reading, t) => (t > 300 && t < 420 ? null : reading));
    expect(endsEarly(awaiting('metrics'), settings, goOn(back, 400), 420)).toMatchObject({
      ended: { why: 'came' },
    });
  });

  test('when the new version gets a request', () => {
    const idle = samplesFrom(times(84, (i) => ({ canary: [0, i === 83 ? 1 : 0], baseline: [0, 225] })));
    expect(endsEarly(awaiting('traffic'), settings, goOn(idle.slice(0, -1), 400), 415)).toBeNull();
    expect(endsEarly(awaiting('traffic'), settings, goOn(idle, 400), 420)).toMatchObject({
      ended: { why: 'came' },
    });
  });

  test('when the old version has recovered: two minutes without an outage', () => {
    const outage = samplesFrom(
      times(84, (i) =>
        i < 40 ? { canary: [3, 25], baseline: [27, 225] } : { canary: [0, 25], baseline: [0, 225] },
      ),
    );
    const until = (t: number) =>
      goOn(
        outage.filter((sample) => sample.t <= t),
        195,
      );
    expect(endsEarly(awaiting('recovery'), settings, until(205), 205)).toBeNull();
    expect(endsEarly(awaiting('recovery'), settings, until(330), 330)).toMatchObject({
      ended: { why: 'came' },
    });
  });

  test('not for a recovery that nothing was read of', () => {
    const bad = samplesFrom(times(40, () => ({ canary: [3, 25], baseline: [27, 225] })));
    expect(endsEarly(awaiting('recovery'), settings, goOn(bad, 200), 600)).toBeNull();
  });
});
