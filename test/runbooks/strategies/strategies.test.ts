import { describe, expect, test } from '@jest/globals';
import { playbook } from '../../../runbooks/playbook.ts';
import type { Group, Runbook } from '../../../runbooks/runbook.ts';
import { asAction } from '../../../runbooks/runbook.ts';
import { wayBack } from '../../../runbooks/way-back.ts';
import { digest, group, makeRequest, makeService, makeState, planned } from '../make.ts';
import type { CanaryFields } from '../make.ts';
import { apply } from '../model.ts';

const four = (version: string, letter: string): Group => ({
  ...group(version, letter),
  instances: 4,
  ready: 4,
});
const state = makeState(four('2.0.4', 'a'));

const planOf = (fields: CanaryFields, changes = {}) =>
  planned(makeRequest({ service: makeService(fields), state, ...changes }));
const titles = ({ steps }: Runbook): readonly string[] => steps.map(({ title }) => title);
const whole = (runbook: Runbook) => wayBack(runbook, [...runbook.steps.keys()]);

describe('recreate', () => {
  const { runbook, warnings } = planOf({ strategy: { recreate: { watch: '5m' } } });

  test('stops the old version before the new one starts, and says that this is downtime', () => {
    expect(titles(runbook)).toEqual([
      'preflight checks',
      'stop 2.0.4: downtime begins',
      'deploy 2.1.0',
      'smoke tests on 2.1.0',
      '100 % to 2.1.0',
      'watch 5 min at 100 %',
      'promote 2.1.0',
    ]);
    expect(warnings.join()).toContain('Downtime: nobody is served from the moment 2.0.4 stops');
    expect(runbook).toMatchObject({ strategy: 'recreate', keep: { warm: null, retireNow: ['2.0.4'] } });
  });

  test('goes back by stopping the new one before the old one starts again, as large as it was', () => {
    expect(whole(runbook)).toEqual([
      { do: 'scale', version: '2.1.0', instances: 0, downtime: true },
      { do: 'scale', version: '2.0.4', instances: 4 },
      { do: 'shift', weights: { '2.0.4': 100 } },
      { do: 'promote', version: '2.0.4' },
      { do: 'retire', version: '2.1.0' },
    ]);
  });

  test('never has both versions running, in either direction', () => {
    const actions = [...runbook.steps.flatMap(asAction), ...whole(runbook)];
    let now = state;
    for (const action of actions) {
      const outcome = apply(now, action);
      if ('refused' in outcome) throw new Error(outcome.refused);
      now = outcome.state;
      expect(now.groups.filter(({ ready }) => ready > 0).length).toBeLessThanOrEqual(1);
    }
  });

  test('as a rollback stops what runs, then starts the other', () => {
    const release = { version: '2.0.4', digest: digest('a') };
    const back = planOf(
      { strategy: { recreate: {} } },
      { kind: 'rollback', release, state: makeState(four('2.1.0', 'b')) },
    );
    expect(titles(back.runbook)).toEqual([
      'stop 2.1.0: downtime begins',
      'deploy 2.0.4 again',
      'smoke tests on 2.0.4',
      '100 % to 2.0.4',
      'promote 2.0.4',
      'verify 2.0.4',
    ]);
  });
});

describe('rolling', () => {
  test('replaces batch by batch, ready before the next, with the traffic in proportion', () => {
    const { runbook } = planOf({ strategy: { rolling: { maxSurge: '50%' } } });
    expect(titles(runbook)).toEqual([
      'preflight checks',
      'start 2 instances of 2.1.0',
      'smoke tests on 2.1.0',
      '50 % to 2.1.0',
      '2.0.4 to 2 instances',
      '2.1.0 to 4 instances',
      '100 % to 2.1.0',
      'stop 2.0.4',
      'watch 15 min at 100 %',
      'promote 2.1.0',
    ]);
    const waited = runbook.steps.flatMap((step) =>
      step.kind === 'deploy' || step.kind === 'scale' ? [[step.title, step.withinMs]] : [],
    );
    expect(waited).toEqual([
      ['start 2 instances of 2.1.0', 120_000],
      ['2.0.4 to 2 instances', null],
      ['2.1.0 to 4 instances', 120_000],
      ['stop 2.0.4', null],
    ]);
    expect(runbook.keep).toMatchObject({ warm: null, retireNow: ['2.0.4'] });
  });

  test('without room beyond its number takes old instances away first', () => {
    const { runbook } = planOf({ strategy: { rolling: { maxSurge: 0, maxUnavailable: 2 } } });
    expect(titles(runbook).slice(1, 6)).toEqual([
      '2.0.4 to 2 instances',
      'start 2 instances of 2.1.0',
      'smoke tests on 2.1.0',
      '100 % to 2.1.0',
      'stop 2.0.4',
    ]);
  });

  test('holds the last instances of the old version back until the watch is over', () => {
    const { runbook } = planOf({ strategy: { rolling: { maxSurge: 1 } }, holdBack: '25%' });
    const watch = runbook.steps.findIndex(({ kind }) => kind === 'watch');
    expect(runbook.steps[watch]).toMatchObject({ baseline: '2.0.4', title: 'watch 15 min at 80 %' });
    expect(titles(runbook).slice(watch + 1)).toEqual(['100 % to 2.1.0', 'stop 2.0.4', 'promote 2.1.0']);
  });

  test('goes back to as many as there were, ready before the traffic comes', () => {
    const { runbook } = planOf({ strategy: { rolling: {} } });
    expect(whole(runbook)).toEqual([
      { do: 'scale', version: '2.0.4', instances: 4 },
      { do: 'shift', weights: { '2.0.4': 100 } },
      { do: 'promote', version: '2.0.4' },
      { do: 'retire', version: '2.1.0' },
    ]);
  });

  test('as a rollback starts as many as run now', () => {
    const release = { version: '2.0.4', digest: digest('a') };
    const { runbook } = planOf(
      { strategy: { rolling: {} } },
      { kind: 'rollback', release, state: makeState(four('2.1.0', 'b')) },
    );
    expect(runbook.steps[0]).toMatchObject({ kind: 'deploy', instances: 4 });
  });
});

describe('blue-green', () => {
  test('tests green before one switch of all traffic, and goes back in one call', () => {
    const { runbook, warnings } = planOf({ strategy: { 'blue-green': {} } });
    expect(titles(runbook)).toEqual([
      'preflight checks',
      'deploy 2.1.0',
      'smoke tests on 2.1.0',
      '100 % to 2.1.0',
      'watch 15 min at 100 %',
      'promote 2.1.0',
    ]);
    expect(runbook.keep).toEqual({ warm: '2.0.4', retireNow: [], keepWarmMs: 3_600_000 });
    expect(whole(runbook)[0]).toEqual({ do: 'shift', weights: { '2.0.4': 100 } });
    expect(warnings.join()).toContain('no old version beside it');
  });

  test('may hold a share back for the watch', () => {
    const { runbook } = planOf({ strategy: { 'blue-green': {} }, holdBack: '10%' });
    expect(titles(runbook).slice(3)).toEqual([
      '90 % to 2.1.0 (10 % held back)',
      'watch 15 min at 90 %',
      '100 % to 2.1.0',
      'promote 2.1.0',
    ]);
  });
});

describe('the playbook', () => {
  test.each([{ recreate: {} }, { rolling: {} }, { 'blue-green': {} }])('of %j', (strategy) => {
    const { runbook, warnings } = planOf({ strategy });
    expect(playbook(runbook, { rolloutId: null, hash: 'ab'.repeat(32), warnings })).toMatchSnapshot();
  });
});
