import { describe, expect, test } from '@jest/globals';
import { judge } from '../../../../../activities/targets/practice/plane/judge.ts';
import type { ServiceRecord } from '../../../../../activities/targets/practice/plane/state-file.ts';
import type { ScaleAction, TargetAction } from '../../../../../runbooks/runbook.ts';
import { manifestOf } from '../harness.ts';

const group = (version: string) => ({ version, ...manifestOf(version) });
const running: ServiceRecord = {
  port: 1,
  load: null,
  groups: [group('1.0.0'), group('2.0.0')],
  weights: { '1.0.0': 100 },
  stable: '1.0.0',
  fence: 7,
  last: null,
};
const judged = (action: TargetAction, ready: (version: string) => number = () => 1) => {
  const artifact = action.do === 'deploy' ? manifestOf(action.release.version) : undefined;
  const mark = { rolloutId: 'r', key: 'k', fence: 8 };
  const write = artifact === undefined ? { action, mark } : { action, mark, artifact };
  return judge('shop', running, write, ready);
};
const scale = (version: string, instances: number, downtime = false): ScaleAction => ({
  do: 'scale',
  version,
  instances,
  ...(downtime ? { downtime: true } : {}),
});
const instancesOf = (judgement: ReturnType<typeof judged>) =>
  judgement.outcome === 'applied' ? judgement.next.groups.map(({ instances }) => instances) : judgement;

describe('the number of instances', () => {
  test('is the wanted one, also none: what the group is stays known', () => {
    expect(instancesOf(judged(scale('1.0.0', 4)))).toEqual([4, undefined]);
    expect(instancesOf(judged(scale('2.0.0', 0)))).toEqual([undefined, 0]);
  });

  test('of a deploy is the one it gives, and without one the manifest’s again', () => {
    const release = { version: '2.0.0', digest: manifestOf('2.0.0').digest };
    expect(instancesOf(judged({ do: 'deploy', release, instances: 3 }))).toEqual([undefined, 3]);
    expect(instancesOf(judged({ do: 'deploy', release }))).toEqual([undefined, undefined]);
  });

  test('is not taken to none where there is traffic, or nobody else is well, unless the downtime is declared', () => {
    expect(judged(scale('1.0.0', 0))).toMatchObject({
      outcome: 'refused',
      why: expect.stringMatching(/has 100 % of the traffic/),
    });
    const onlyNew = (version: string): number => (version === '2.0.0' ? 1 : 0);
    expect(judged(scale('2.0.0', 0), onlyNew)).toMatchObject({
      outcome: 'refused',
      why: expect.stringMatching(/last healthy/),
    });
    expect(instancesOf(judged(scale('1.0.0', 0, true)))).toEqual([0, undefined]);
    expect(instancesOf(judged(scale('2.0.0', 0, true), onlyNew))).toEqual([undefined, 0]);
  });

  test('of what is not there can only be none', () => {
    expect(judged(scale('3.0.0', 0)).outcome).toBe('applied');
    expect(judged(scale('3.0.0', 1))).toMatchObject({ outcome: 'refused' });
  });
});
