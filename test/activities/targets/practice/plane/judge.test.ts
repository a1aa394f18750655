import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { judge } from '../../../../../activities/targets/practice/plane/judge.ts';
import type { Judgement } from '../../../../../activities/targets/practice/plane/judge.ts';
import type { ServiceRecord } from '../../../../../activities/targets/practice/plane/state-file.ts';
import type { Write } from '../../../../../activities/targets/practice/control.ts';
import type { TargetAction } from '../../../../../runbooks/runbook.ts';
import { manifestOf } from '../harness.ts';

const group = (version: string) => ({ version, ...manifestOf(version) });
const empty: ServiceRecord = {
  port: 1,
  load: null,
  groups: [],
  weights: {},
  stable: null,
  fence: 0,
  last: null,
};
const running: ServiceRecord = {
  ...empty,
  groups: [group('1.0.0'), group('2.0.0')],
  weights: { '1.0.0': 100 },
  stable: '1.0.0',
  fence: 7,
};

const write = (action: TargetAction, fence: number, key = `k${String(fence)}`): Write => {
  const artifact = action.do === 'deploy' ? manifestOf(action.release.version) : undefined;
  const mark = { rolloutId: 'r', key, fence };
  return artifact === undefined ? { action, mark } : { action, mark, artifact };
};
const deployOf = (version: string): TargetAction => ({
  do: 'deploy',
  release: { version, digest: manifestOf(version).digest },
});
const allReady = (): number => 1;
const noneReady = (): number => 0;
const after = (record: ServiceRecord, one: Write, ready = allReady): ServiceRecord => {
  const judgement = judge('shop', record, one, ready);
  if (judgement.outcome !== 'applied') throw new Error(JSON.stringify(judgement));
  return judgement.next;
};

describe('the fence', () => {
  const shift: TargetAction = { do: 'shift', weights: { '1.0.0': 90, '2.0.0': 10 } };

  test('a higher one is applied and becomes the highest', () => {
    const next = after(running, write(shift, 12));
    expect(next.fence).toBe(12);
    expect(next.weights).toEqual({ '1.0.0': 90, '2.0.0': 10 });
  });

  test('a lower one is refused, whatever it asks, even the state as it is', () => {
    const same: TargetAction = { do: 'shift', weights: { '1.0.0': 100 } };
    expect(judge('shop', running, write(same, 6), allReady)).toMatchObject({ outcome: 'fenced', highest: 7 });
  });

  test('the same write again changes nothing', () => {
    const once = after(running, write(shift, 8));
    expect(judge('shop', once, write(shift, 8), allReady)).toEqual({ outcome: 'repeated' });
    expect(judge('shop', once, write(shift, 8), noneReady)).toEqual({ outcome: 'repeated' });
  });

  test('the same fence with another key or other content is refused', () => {
    const once = after(running, write(shift, 8));
    const other: TargetAction = { do: 'shift', weights: { '1.0.0': 100 } };
    expect(judge('shop', once, write(shift, 8, 'other'), allReady).outcome).toBe('fenced');
    expect(judge('shop', once, write(other, 8), allReady).outcome).toBe('fenced');
    expect(judge('shop', running, write(shift, 7), allReady).outcome).toBe('fenced');
  });

  test('a write that was refused may come again with the same fence, and is judged anew', () => {
    const { mark, action } = write(shift, 8);
    const refused: ServiceRecord = { ...running, fence: 8, last: { ...mark, action, outcome: 'refused' } };
    expect(judge('shop', refused, write(shift, 8), allReady).outcome).toBe('applied');
    expect(judge('shop', refused, write(shift, 7), allReady).outcome).toBe('fenced');
  });

  test('any order of arrival: an applied fence only ever rises, and nothing below it takes effect', () => {
    const action = fc.constantFrom<TargetAction>(
      { do: 'shift', weights: { '1.0.0': 90, '2.0.0': 10 } },
      { do: 'shift', weights: { '1.0.0': 100 } },
      { do: 'promote', version: '2.0.0' },
      { do: 'retire', version: '2.0.0' },
      deployOf('3.0.0'),
    );
    const sent = fc.tuple(action, fc.integer({ min: 1, max: 20 }), fc.constantFrom('a', 'b'));
    fc.assert(
      fc.property(fc.array(sent, { maxLength: 40 }), (all) => {
        let record = running;
        for (const [what, fence, key] of all) {
          const judgement = judge('shop', record, write(what, fence, key), allReady);
          if (judgement.outcome !== 'applied') continue;
          expect(fence).toBeGreaterThan(record.fence);
          const sum = Object.values(judgement.next.weights).reduce((total, percent) => total + percent, 0);
          expect(sum).toBe(100);
          record = judgement.next;
          expect(judge('shop', record, write(what, fence, key), allReady).outcome).toBe('repeated');
        }
      }),
    );
  });
});

describe('refusals', () => {
  const refusal = (
    action: TargetAction,
    record = running,
    ready: (version: string) => number = allReady,
  ): Judgement => judge('shop', record, write(action, 100), ready);
  const refused = (why: RegExp) => ({ outcome: 'refused', code: 'REFUSED', why: expect.stringMatching(why) });

  test('weights that do not add up to 100', () => {
    for (const weights of [{}, { '1.0.0': 99 }, { '1.0.0': 100, '2.0.0': 1 }, { '1.0.0': 0 }]) {
      expect(refusal({ do: 'shift', weights })).toMatchObject(refused(/add up to/));
    }
  });

  test('weight for a version that is not there, or has no ready instance', () => {
    const toUnknown: TargetAction = { do: 'shift', weights: { '1.0.0': 90, '9.9.9': 10 } };
    expect(refusal(toUnknown)).toMatchObject(refused(/9\.9\.9 is not deployed/));
    const toNew: TargetAction = { do: 'shift', weights: { '1.0.0': 90, '2.0.0': 10 } };
    const oldOnly = (version: string): number => (version === '1.0.0' ? 2 : 0);
    expect(refusal(toNew, running, oldOnly)).toMatchObject(refused(/2\.0\.0 is ready/));
  });

  test('no weight may be named for a version that is not there or not ready', () => {
    const back: TargetAction = { do: 'shift', weights: { '1.0.0': 100, '2.0.0': 0, '9.9.9': 0 } };
    expect(after(running, write(back, 100)).weights).toEqual({ '1.0.0': 100 });
  });

  test('retiring a version with traffic, the promoted one, or the last healthy one', () => {
    expect(refusal({ do: 'retire', version: '1.0.0' })).toMatchObject(refused(/100 % of the traffic/));
    const moved: ServiceRecord = { ...running, weights: { '2.0.0': 100 } };
    expect(refusal({ do: 'retire', version: '1.0.0' }, moved)).toMatchObject(refused(/promoted/));
    const lonely: ServiceRecord = { ...empty, groups: [group('1.0.0')] };
    expect(refusal({ do: 'retire', version: '1.0.0' }, lonely)).toMatchObject(refused(/last healthy/));
  });

  test('a version that never became ready, or is not there, may be retired', () => {
    const oldOnly = (version: string): number => (version === '1.0.0' ? 2 : 0);
    const judged = judge('shop', running, write({ do: 'retire', version: '2.0.0' }, 100), oldOnly);
    expect(judged).toMatchObject({ outcome: 'applied', next: { groups: [{ version: '1.0.0' }] } });
    expect(after(running, write({ do: 'retire', version: '9.9.9' }, 100)).groups).toEqual(running.groups);
  });

  test('promoting a version that is not there', () => {
    expect(refusal({ do: 'promote', version: '9.9.9' })).toMatchObject(refused(/not deployed/));
    expect(after(running, write({ do: 'promote', version: '2.0.0' }, 100)).stable).toBe('2.0.0');
  });
});

describe('deploy', () => {
  const judgeWith = (artifact: Write['artifact'], action: TargetAction = deployOf('3.0.0')): Judgement => {
    const mark = { rolloutId: 'r', key: 'k', fence: 100 };
    return judge(
      'shop',
      running,
      artifact === undefined ? { action, mark } : { action, mark, artifact },
      allReady,
    );
  };

  test('adds a group, without traffic; the same release again changes nothing', () => {
    const next = after(running, write(deployOf('3.0.0'), 100));
    expect(next.groups.map(({ version }) => version)).toEqual(['1.0.0', '2.0.0', '3.0.0']);
    expect(next.weights).toEqual(running.weights);
    expect(after(next, write(deployOf('3.0.0'), 101)).groups).toEqual(next.groups);
  });

  test('wants the very artifact that the digest names', () => {
    const { digest } = manifestOf('3.0.0');
    expect(judgeWith({ digest, text: '{}' })).toMatchObject({ outcome: 'refused', code: 'ARTIFACT_CHANGED' });
    expect(judgeWith(manifestOf('2.0.0'))).toMatchObject({ outcome: 'refused', code: 'ARTIFACT_CHANGED' });
    expect(judgeWith(undefined)).toMatchObject({ outcome: 'refused', code: 'REFUSED' });
  });

  test('wants a manifest of this service and version', () => {
    const badly = manifestOf('3.0.0', { errorRate: 9 });
    const release = (artifact: { digest: string }, version = '3.0.0'): TargetAction => ({
      do: 'deploy',
      release: { version, digest: artifact.digest },
    });
    expect(judgeWith(badly, release(badly))).toMatchObject({ code: 'ARTIFACT_INVALID' });
    const ofTill = manifestOf('3.0.0', { service: 'till' });
    expect(judgeWith(ofTill, release(ofTill))).toMatchObject({ code: 'ARTIFACT_INVALID' });
    const other = manifestOf('3.0.1');
    expect(judgeWith(other, release(other))).toMatchObject({ code: 'ARTIFACT_INVALID' });
  });

  test('a version keeps its digest as long as it runs', () => {
    const changed = manifestOf('2.0.0', { errorRate: 0.5 });
    const action: TargetAction = { do: 'deploy', release: { version: '2.0.0', digest: changed.digest } };
    expect(judgeWith(changed, action)).toMatchObject({
      code: 'REFUSED',
      why: expect.stringContaining('runs already'),
    });
  });
});
