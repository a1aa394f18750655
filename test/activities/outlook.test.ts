import { expect, test } from '@jest/globals';
import { shortWatch } from '../../activities/outlook.ts';
import { makeRequest, makeService, planned } from '../runbooks/make.ts';
import { watchOutlook } from '../../src/gates/watch-outlook.ts';
import { evenHistory, settingsWith } from '../src/gates/make.ts';

const runbookWith = (window: 'warn' | 'refuse') => {
  const { runbook } = planned(makeRequest({ service: makeService() }));
  return { ...runbook, gates: { ...runbook.gates, window } };
};
const of = (requestsPerReading: number) => watchOutlook(settingsWith(), evenHistory(requestsPerReading));

test('a watch too short for its traffic is refused where the file says so, with what would do', () => {
  const [problem, ...more] = shortWatch(runbookWith('refuse'), of(25));
  expect(more).toEqual([]);
  expect(problem?.code).toBe('WATCH_TOO_SHORT');
  expect(problem?.message).toContain('A watch of 15 minutes excludes +1 point for');
  expect(problem?.hint).toMatch(/^To exclude \+1 point: about \d+ minutes, or about \d+ minutes at 50 %\. /);
});

test('a hotfix is never refused for it', () => {
  expect(shortWatch(runbookWith('refuse'), of(25), 'INC-42')).toEqual([]);
});

test.each([
  ['which only asks for a warning', runbookWith('warn'), of(25)],
  ['whose watch is long enough', runbookWith('refuse'), of(250)],
  ['of whose traffic nothing is known', runbookWith('refuse'), of(0)],
  ['that watches nothing', runbookWith('refuse'), null],
] as const)('nothing is refused to a file %s', (_says, runbook, outlook) => {
  expect(shortWatch(runbook, outlook)).toEqual([]);
});
