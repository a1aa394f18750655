import { describe, expect, test } from '@jest/globals';
import { judge } from '../../../../activities/targets/haproxy/judge.ts';
import { emptyRecord } from '../../../../activities/targets/haproxy/record.ts';
import type { TargetAction } from '../../../../runbooks/runbook.ts';

const group = (version: string) => ({ version, digest: `sha256:${version}`, instances: 2, image: null });
const record = {
  ...emptyRecord('shop'),
  groups: [group('1.0.0'), group('1.1.0')],
  weights: { '1.0.0': 100 },
  stable: '1.0.0',
};
const mark = { rolloutId: 'r1', key: 'r1/0/back', fence: 7 };

/** With so many instances of each version ready; the others have fallen over. */
const judged = (action: TargetAction, ready: Readonly<Record<string, number>>) =>
  judge(record, action, mark, { instances: 2, image: null }, (version) => ready[version] ?? 0);

describe('the last healthy group', () => {
  const retire = { do: 'retire', version: '1.1.0' } as const;
  const stop = { do: 'scale', version: '1.1.0', instances: 0 } as const;

  test.each([retire, stop])('stays, though another has the traffic: $do', (action) => {
    expect(judged(action, { '1.1.0': 1 })).toMatchObject({
      is: 'refused',
      why: '1.1.0 is the last healthy group.',
    });
    expect(judged(action, { '1.0.0': 1, '1.1.0': 2 })).toMatchObject({ is: 'applied' });
    expect(judged(action, {})).toMatchObject({ is: 'applied' });
  });

  test('is stopped where the plan declares the downtime', () => {
    expect(judged({ ...stop, downtime: true }, { '1.1.0': 2 })).toMatchObject({ is: 'applied' });
  });
});
