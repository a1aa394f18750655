import { describe, expect, test } from '@jest/globals';
import { plan } from '../../../runbooks/plan.ts';
import { wayBack } from '../../../runbooks/way-back.ts';
import { group, makeRequest, makeService, makeState, planned } from '../make.ts';

const flag = 'checkout-v2';
const service = makeService({
  strategy: { 'feature-flag': { flag, watch: '5m', deploy: { 'blue-green': {} } } },
});
const dark = { flag, now: 0, wanted: 100 };
const titles = (request: Parameters<typeof planned>[0]): readonly string[] =>
  planned(request).runbook.steps.map(({ title }) => title);

describe('a deploy behind a flag', () => {
  const request = makeRequest({ service, flag: dark });

  test('puts the code in place and promotes it dark, then shows it step by step', () => {
    expect(titles(request)).toEqual([
      'preflight checks',
      'deploy 2.1.0',
      'smoke tests on 2.1.0',
      '100 % to 2.1.0',
      'watch 15 min at 100 %',
      'promote 2.1.0',
      'checkout-v2 for 1 %',
      'watch 5 min with checkout-v2 at 1 %',
      'checkout-v2 for 10 %',
      'watch 5 min with checkout-v2 at 10 %',
      'checkout-v2 for 50 %',
      'watch 5 min with checkout-v2 at 50 %',
      'checkout-v2 for 100 %',
      'watch 5 min with checkout-v2 at 100 %',
    ]);
    expect(planned(request).warnings.join()).toContain('turns it off and leaves 2.1.0 where it is');
  });

  test('goes back as its deploy does until the flag is shown to anybody, and then by the flag alone', () => {
    const { runbook } = planned(request);
    const promote = runbook.steps.findIndex(({ kind }) => kind === 'promote');
    const upTo = (index: number) => wayBack(runbook, [...Array(index + 1).keys()]).map((action) => action.do);
    expect(upTo(promote)).toEqual(['shift', 'promote', 'retire']);
    for (let index = promote + 1; index < runbook.steps.length; index += 1) {
      expect(upTo(index)).toEqual(['flag']);
    }
  });

  test('is refused while the flag is on: nothing would be dark', () => {
    const result = plan(makeRequest({ service, flag: { ...dark, now: 50 } }));
    expect('problems' in result ? result.problems : []).toMatchObject([
      { code: 'RUNBOOK_INVALID', message: expect.stringContaining('checkout-v2 is at 50 %') },
    ]);
  });

  test('is taken back later by turning the flag off first', () => {
    const back = makeRequest({
      service,
      kind: 'rollback',
      release: { version: '2.0.4', digest: group('2.0.4', 'a').digest },
      state: makeState(group('2.1.0', 'b'), group('2.0.4', 'a')),
      flag: { flag, now: 100, wanted: 0 },
    });
    expect(titles(back)).toEqual(['checkout-v2 off', '100 % to 2.0.4', 'promote 2.0.4', 'verify 2.0.4']);
  });
});

describe('a flag without a deploy', () => {
  const running = { version: '2.0.4', digest: group('2.0.4', 'a').digest };
  const wish = (now: number, wanted: number) =>
    makeRequest({ service, kind: 'flag', release: running, flag: { flag, now, wanted } });

  test('rises by the steps that lie between, each watched', () => {
    expect(titles(wish(5, 50))).toEqual([
      'preflight checks',
      'checkout-v2 for 10 %',
      'watch 5 min with checkout-v2 at 10 %',
      'checkout-v2 for 50 %',
      'watch 5 min with checkout-v2 at 50 %',
    ]);
    const { runbook } = planned(wish(5, 50));
    expect(wayBack(runbook, [0, 1, 2, 3, 4])).toEqual([{ do: 'flag', flag, percent: 5 }]);
    expect([runbook.from, runbook.to]).toEqual([running, running]);
  });

  test('falls in one step, which nothing takes back', () => {
    const { runbook } = planned(wish(50, 0));
    expect(runbook.steps).toMatchObject([{ kind: 'release', title: 'checkout-v2 off', back: [] }]);
  });

  test('that is there already is refused, and so is a rise while the traffic is split', () => {
    expect(plan(wish(50, 50))).toMatchObject({ problems: [{ code: 'RUNBOOK_INVALID' }] });
    const state = {
      ...makeState(group('2.0.4', 'a'), group('2.1.0', 'b')),
      weights: { '2.0.4': 50, '2.1.0': 50 },
    };
    expect(plan({ ...wish(10, 50), state })).toMatchObject({ problems: [{ code: 'RUNBOOK_INVALID' }] });
    expect('runbook' in plan({ ...wish(10, 0), state })).toBe(true);
  });
});
