import { describe, expect, test } from '@jest/globals';
import { rolloutGate } from '../../../src/gates/rollout-gate.ts';
import { GateOrderError } from '../../../src/gates/state.ts';
import type { GateState } from '../../../src/gates/state.ts';
import { changeArm, evenHistory, judge, samplesFrom, settingsWith, show, times } from './make.ts';
import type { Did } from './make.ts';

const settings = settingsWith({ saturation: [{ name: 'queue' }, { name: 'pool', max: 0.8 }] });

/** Fifteen minutes of 50 req/s at 0.3 % on both arms: errors in steps of the counters, none by chance. */
const even = (i: number): Did => ({
  canary: [i % 13 === 6 ? 1 : 0, 25],
  baseline: [i % 3 === 0 ? 2 : 0, 225],
});
const healthy = samplesFrom(times(180, even));

/** The state at the end of a healthy watch, with parts of it as they would be had things gone otherwise. */
const ended = show(settings, healthy).state;
const close = (parts: Partial<GateState>, t = 900) => rolloutGate.close(settings, { ...ended, ...parts }, t);
const reason = (parts: Partial<GateState>) => close(parts).reason;

const window = ended.window;
if (window === null || ended.errors === null) throw new Error('the watch is open and judges errors');

const lacking = { window: { ...window, covered: 700 } };
const idle = { window: { ...window, totals: ended.totals } };
const gauge = ended.gauges[0];
if (gauge === undefined) throw new Error('a gauge is watched');
const saturated = { gauges: [{ ...gauge, bets: [5, 5, 5] }, gauge] };
const bothBad = { recent: [[88, 20, 200, 200, 2000, 0]] } as const;
const suspicious = {
  errors: {
    ...ended.errors,
    comparison: {
      ...ended.errors.comparison,
      keys: [
        [3, 3, 3, 3, 3],
        [3, 3, 3, 3, 3],
      ],
    },
  },
};
const lateHarm = { health: { ...ended.health, late: [[-0.1, -0.1]] } };
const unproven = { health: { ...ended.health, good: [[2.9, 2.9]] } };

describe('the questions at the end of a watch, in their order', () => {
  test('a healthy release passes', () => {
    expect(close({})).toMatchObject({ kind: 'pass', reason: 'healthy', t: 900 });
  });

  test.each([
    ['no-data', lacking],
    ['no-traffic', idle],
    ['saturation', saturated],
    ['both-bad', bothBad],
    ['looks-bad', suspicious],
    ['looks-bad', lateHarm],
    ['too-little-traffic', unproven],
  ])('%s', (expected, parts) => {
    expect(close(parts)).toMatchObject({ kind: 'inconclusive', reason: expected });
  });

  test('each comes before those after it', () => {
    expect(reason({ ...lacking, ...saturated, ...bothBad, ...suspicious, ...unproven })).toBe('no-data');
    expect(reason({ ...idle, ...saturated, ...bothBad, ...suspicious })).toBe('no-traffic');
    expect(reason({ ...saturated, ...bothBad, ...suspicious })).toBe('saturation');
    expect(reason({ ...bothBad, ...suspicious, ...lateHarm })).toBe('both-bad');
    expect(reason({ ...suspicious, ...unproven })).toBe('looks-bad');
    const lateAndUnproven = { health: { ...lateHarm.health, ...{ good: unproven.health.good } } };
    expect(reason(lateAndUnproven)).toBe('looks-bad');
  });

  test('a breach comes before all of them, and stays', () => {
    const breached = judge(settings, samplesFrom(times(180, (i) => ({ ...even(i), canary: [20, 25] }))));
    expect(breached).toMatchObject({ kind: 'breach' });
    expect(close({ breached, ...lacking })).toBe(breached);
  });
});

describe('the numbers at which they turn', () => {
  test('coverage of 80 %', () => {
    expect(reason({ window: { ...window, covered: 720 } })).toBe('healthy');
    expect(reason({ window: { ...window, covered: 719 } })).toBe('no-data');
  });

  test('five errors on each version, both over the limit, in the last two minutes', () => {
    expect(reason({ recent: [[88, 4, 100, 200, 2000, 0]] })).toBe('healthy');
    expect(reason({ recent: [[88, 5, 100, 4, 20, 0]] })).toBe('healthy');
    expect(reason({ recent: [[88, 5, 499, 5, 499, 0]] })).toBe('both-bad');
    expect(reason({ recent: [[88, 5, 500, 5, 499, 0]] })).toBe('healthy');
    expect(reason({ recent: [[78, 20, 200, 200, 2000, 0]] })).toBe('healthy');
  });

  test('evidence of health of 20', () => {
    expect(reason({ health: { ...ended.health, good: [[Math.log(20.01), Math.log(20.01)]] } })).toBe(
      'healthy',
    );
    expect(reason({ health: { ...ended.health, good: [[Math.log(19.99), Math.log(19.99)]] } })).toBe(
      'too-little-traffic',
    );
  });
});

describe('a hotfix can win', () => {
  test('an old version that fails does not hold a good new one back', () => {
    const broken = samplesFrom(times(180, (i) => ({ canary: even(i).canary, baseline: [45, 225] })));
    expect(judge(settings, broken)).toMatchObject({ kind: 'pass', reason: 'healthy' });
  });

  test('both over the limit is no answer, nor a reason to roll back', () => {
    const both = samplesFrom(times(180, () => ({ canary: [2, 25], baseline: [18, 225] })));
    expect(judge(settings, both)).toMatchObject({ kind: 'inconclusive', reason: 'both-bad' });
  });
});

describe('rules that are no statistics', () => {
  const withGauge = (name: string, canary: number, baseline: number) =>
    changeArm(
      changeArm(healthy, 'canary', (reading) =>
        reading === null ? null : { ...reading, gauges: { [name]: canary } },
      ),
      'baseline',
      (reading) => (reading === null ? null : { ...reading, gauges: { [name]: baseline } }),
    );

  test('a written limit that only the canary exceeds', () => {
    expect(judge(settings, withGauge('pool', 0.9, 0.5))).toMatchObject({
      kind: 'breach',
      reason: 'gauge_limit',
      t: 90,
    });
    expect(judge(settings, withGauge('pool', 0.9, 0.9))).toMatchObject({ reason: 'both-bad' });
  });

  test('a gauge alone is doubted before it rolls back', () => {
    const short = settingsWith({ watchSeconds: 300, saturation: [{ name: 'queue' }] });
    expect(judge(short, withGauge('queue', 20, 10).slice(0, 61))).toMatchObject({
      kind: 'inconclusive',
      reason: 'saturation',
    });
    expect(
      judge(settingsWith({ saturation: [{ name: 'queue' }] }), withGauge('queue', 20, 10)),
    ).toMatchObject({
      ...{ kind: 'breach', reason: 'gauges' },
    });
  });

  const crashing = (
    arm: 'canary' | 'baseline',
    at: readonly number[],
    field: 'restarts' | 'oomKills',
    from = healthy,
  ) =>
    changeArm(from, arm, (reading, t) =>
      reading === null
        ? null
        : {
            ...reading,
            instances: reading.instances.map((instance) => ({
              ...instance,
              [field]: 3 + at.filter((crash) => t >= crash).length,
            })),
          },
    );

  test('two crashes of the canary, none of the baseline', () => {
    expect(judge(settings, crashing('canary', [100, 400], 'restarts'))).toMatchObject({
      reason: 'restarts',
      t: 400,
    });
    expect(judge(settings, crashing('canary', [100, 400], 'oomKills'))).toMatchObject({
      reason: 'restarts',
      t: 400,
    });
    expect(judge(settings, crashing('canary', [100], 'restarts'))).toMatchObject({ kind: 'pass' });
    const both = crashing('baseline', [200], 'restarts', crashing('canary', [100, 400], 'restarts'));
    expect(judge(settings, both)).toMatchObject({ kind: 'pass' });
  });

  test('an out-of-memory kill and its restart are one crash', () => {
    const killed = crashing('canary', [100], 'oomKills', crashing('canary', [105], 'restarts'));
    expect(judge(settings, killed)).toMatchObject({ kind: 'pass' });
  });

  test('crashes of an earlier watch are not counted again', () => {
    const samples = crashing('canary', [100, 500], 'restarts');
    let state = rolloutGate.openWatch(rolloutGate.begin(settings, evenHistory()), 0);
    for (const sample of samples) {
      if (sample.t === 450) state = rolloutGate.openWatch(state, 450);
      ({ state } = rolloutGate.observe(settings, state, sample));
    }
    expect(rolloutGate.breach(settings, state)).toBeNull();
  });
});

test('calls out of order are told so', () => {
  const fresh = rolloutGate.begin(settings);
  const sample = { t: 0, canary: null, baseline: null };
  expect(() => rolloutGate.observe(settings, fresh, sample)).toThrow(GateOrderError);
  expect(() => rolloutGate.close(settings, fresh, 900)).toThrow(/openWatch/);
  expect(() => rolloutGate.extendWatch(fresh, 60)).toThrow(/openWatch/);
});
