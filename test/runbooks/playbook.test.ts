import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { playbook } from '../../runbooks/playbook.ts';
import { anyDeploy, digest, group, makeRequest, makeService, makeState, planned } from './make.ts';

const page = (request: Parameters<typeof planned>[0], rolloutId: string | null): string => {
  const { runbook, warnings } = planned(request);
  return playbook(runbook, { rolloutId, hash: '0123456789abcdef'.repeat(4), warnings });
};
const id = '0198c0de-0000-7000-8000-000000000001';

/** The text, and then the end of the word. */
const startsWith = (text: string): RegExp => new RegExp(`^${text.replace(/[.+]/g, '\\$&')}[ ,]`);

describe('the playbook', () => {
  test('of a canary', () => {
    expect(page(makeRequest(), id)).toMatchSnapshot();
  });

  test('of a plan that was not started, with a warning and leftovers', () => {
    const state = makeState(group('2.0.4', 'a', 1), group('1.9.0', 'c'));
    const service = makeService({ steps: [100], holdBack: '0%', smoke: [] });
    expect(page(makeRequest({ state, service }), null)).toMatchSnapshot();
  });

  test('of the first release ever', () => {
    const state = { groups: [], weights: {}, stable: null, fence: 0 };
    expect(page(makeRequest({ state, lastGood: null }), id)).toMatchSnapshot();
  });

  test('of a cold rollback', () => {
    const release = { version: '2.0.4', digest: digest('a') };
    const state = makeState(group('2.1.0', 'b'));
    expect(page(makeRequest({ kind: 'rollback', release, state }), id)).toMatchSnapshot();
  });

  test('is one table row per step, whatever stands in a smoke test', () => {
    const path = '/a`b|c';
    const service = makeService({ smoke: [{ http: { path } }, { http: { path: '/x', method: 'POST' } }] });
    const text = page(makeRequest({ service }), id);
    const row = text.split('\n').find((line) => line.includes('smoke tests'));
    expect(row?.match(/\|/g)).toHaveLength(4);
    expect(row).toContain('GET /a%60b%7Cc');
  });

  test('of any deploy has a row per step, each with a way back that begins with the traffic if that was moved', () => {
    fc.assert(
      fc.property(anyDeploy, (request) => {
        const { runbook } = planned(request);
        const rows = page(request, id)
          .split('\n')
          .filter((line) => /^\| \d+ \|/.test(line));
        expect(rows).toHaveLength(runbook.steps.length);
        const moved = runbook.steps.findIndex(({ kind }) => kind === 'shift');
        const to = `all traffic to ${runbook.from?.version ?? ''}`;
        const flagged = runbook.steps.findIndex(({ kind }) => kind === 'release');
        const dark = flagged === -1 ? rows.length : flagged;
        for (const row of rows.slice(dark)) expect(row).toContain('| checkout-v2 off |');
        for (const row of rows.slice(moved, dark)) {
          const back = `${row.split(' | ')[2] ?? ''} `;
          // Where the old version has become smaller or has stopped, its instances come before the traffic.
          const [, , ...rest] = /^((?:stop|\S+ at) [^,]*, then )*(.*)$/.exec(back) ?? [];
          expect(rest.join('')).toMatch(startsWith(to));
        }
      }),
    );
  });
});

test('the way back by hand stands on it as it is typed, and is left out where there is none', () => {
  const { runbook, warnings } = planned(makeRequest());
  const facts = { rolloutId: null, hash: 'h'.repeat(64), warnings };
  expect(playbook(runbook, { ...facts, byHand: ['one', 'two'] })).toContain(
    '## By hand, where Sluice can not\n\n',
  );
  expect(playbook(runbook, { ...facts, byHand: ['one', 'two'] })).toContain('```sh\none\ntwo\n```');
  expect(playbook(runbook, { ...facts, byHand: [] })).not.toContain('By hand');
});
