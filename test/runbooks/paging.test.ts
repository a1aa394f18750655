import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Cause, EventBody, EventType, LedgerEvent } from '../../runbooks/events.ts';
import { heeded } from '../../runbooks/paging/heeded.ts';
import type { PageTell } from '../../runbooks/paging/plan.ts';
import { planPages, planStuck } from '../../runbooks/paging/plan.ts';
import type { PageStory, StoryBegin } from '../../runbooks/paging/story.ts';
import { beginStory, stuckAfterMs } from '../../runbooks/paging/story.ts';
import type { Action } from '../../runbooks/runbook.ts';
import type { RolloutState } from '../../runbooks/state.ts';
import type { Verdict } from '../../runbooks/verdict.ts';
import { makeRequest, planned } from './make.ts';

const begin: StoryBegin = {
  ...{ rolloutId: 'r-1', kind: 'deploy', service: 'shop', environment: 'production', version: '2.1.0' },
  ...{ actor: 'ana (operator)', owners: ['team-checkout'], most: 'critical' },
};
const { runbook } = planned(makeRequest());
const shift: Action = { do: 'shift', weights: { '2.0.4': 100 } };
const retire: Action = { do: 'retire', version: '2.1.0' };

const plan: EventBody = { type: 'planned', hash: 'h', runbook, epoch: 1, warnings: [] };
const state = (now: RolloutState): EventBody => ({ type: 'state', state: now, until: null, next: null });
const wayBack = (by: Cause['by'], actions: readonly Action[] = [shift, retire]): EventBody => ({
  type: 'way-back',
  cause: { by, sentence: `because of ${by}`, step: 3 },
  actions,
});
const verified = (recovered: boolean): EventBody => ({ type: 'verified', recovered, sentence: 'looked' });
const closed = (now: RolloutState): EventBody => ({ type: 'closed', state: now, sentence: 'it ended' });
const failedBack: EventBody = {
  type: 'way-back-failed',
  problem: { code: 'TARGET_REFUSED', message: 'no' },
  byHand: ['curl it'],
};
const doubt = (kind: Verdict['kind'], reason: string): EventBody => ({
  type: 'verdict',
  step: 4,
  watch: 0,
  verdict: {
    ...{ kind, reason, sentence: `${reason} it is`, t: 1, recording: null, baseline: null },
    ...{ canary: { requests: 1, errors: 0 }, samples: { seen: 1, due: 1 } },
  },
});
const back: EventBody = { type: 'traffic-back', afterMs: 300 };

const event = (body: EventBody, i: number): LedgerEvent => ({
  ...{ rolloutId: 'r-1', id: `rollout/${String(i)}`, actor: null, body, texts: {} },
  at: new Date(Date.parse('2026-01-01T00:00:00.000Z') + i * 1000).toISOString(),
});

const run = (
  bodies: readonly EventBody[],
  changes: Partial<StoryBegin> = {},
): { readonly story: PageStory; readonly tells: readonly PageTell[] } => {
  let story = beginStory({ ...begin, ...changes });
  const tells: PageTell[] = [];
  bodies.forEach((body, i) => {
    const told = planPages(story, event(body, i));
    story = told.story;
    tells.push(...told.tells);
  });
  return { story, tells };
};

/** What PagerDuty and the source are told, without what merely changed. */
const said = (tells: readonly PageTell[]): readonly string[] =>
  tells.flatMap((tell) => {
    if (tell.to === 'changes') return [];
    if (tell.to === 'source') return [`source ${tell.do}`];
    return [tell.do === 'resolve' ? 'resolve' : `${tell.severity}: ${tell.facts.what}`];
  });

const contract = (is: 'asked' | 'done' | 'failed' | 'expired'): EventBody => ({
  ...{ type: 'contract', is, migrations: ['0001-email'], until: null, sentence: `${is} it is` },
});

const stories: readonly [string, readonly EventBody[], readonly string[], Partial<StoryBegin>?][] = [
  [
    'asks for its contract, fails at it and gives up, which pages nobody',
    [plan, closed('succeeded'), contract('asked'), contract('failed'), contract('expired'), contract('done')],
    [],
  ],
  ['goes well', [plan, state('watching'), doubt('pass', 'healthy'), closed('succeeded')], []],
  [
    'goes back and is well',
    [plan, doubt('breach', 'errors'), wayBack('breach'), back, verified(true), closed('rolled-back')],
    ['error: is rolled back', 'resolve'],
  ],
  [
    'goes back and is not well: a person has to end it',
    [plan, wayBack('failure'), back, verified(false), closed('rolled-back')],
    ['error: is rolled back', 'critical: is not well after the way back'],
  ],
  ['is aborted by a person', [plan, wayBack('person'), back, verified(true), closed('aborted')], []],
  [
    'is aborted and not well after it',
    [plan, wayBack('person'), verified(false), closed('aborted')],
    ['critical: is not well after the way back'],
  ],
  ['is refused before anything was written', [plan, wayBack('failure', []), closed('refused')], []],
  ['expires', [plan, state('awaiting-approval'), closed('expired')], []],
  [
    'can not go back, and then can',
    [plan, wayBack('breach'), failedBack, state('rolling-back'), back, verified(true), closed('rolled-back')],
    ['error: is rolled back', 'critical: can not be rolled back', 'resolve'],
  ],
  [
    'is taken over by a person: theirs to end',
    [plan, wayBack('breach'), failedBack, closed('rolled-back-by-hand')],
    ['error: is rolled back', 'critical: can not be rolled back'],
  ],
  [
    'can not be judged, until somebody says go on',
    [
      plan,
      doubt('inconclusive', 'too-little-traffic'),
      state('inconclusive'),
      state('ramping'),
      closed('succeeded'),
    ],
    ['warning: can not be judged', 'resolve'],
  ],
  [
    'can not be judged, and nobody says anything: the same incident, more urgent',
    [
      plan,
      doubt('inconclusive', 'looks-bad'),
      state('inconclusive'),
      wayBack('time'),
      back,
      verified(true),
      closed('rolled-back'),
    ],
    ['warning: can not be judged', 'error: is rolled back', 'resolve'],
  ],
  [
    'waits for its metrics, which come back',
    [
      plan,
      doubt('inconclusive', 'no-data'),
      state('inconclusive'),
      state('watching'),
      doubt('pass', 'healthy'),
      closed('succeeded'),
    ],
    ['source silent', 'source back'],
  ],
  [
    'gives up on its metrics',
    [
      plan,
      doubt('inconclusive', 'no-data'),
      state('inconclusive'),
      wayBack('time'),
      back,
      verified(false),
      closed('rolled-back'),
    ],
    ['source silent', 'error: is rolled back', 'critical: is not well after the way back', 'source left'],
  ],
  [
    'is a recovery of a run that was lost',
    [plan, verified(true), closed('succeeded')],
    ['error: lost its run', 'resolve'],
    { kind: 'recover' },
  ],
  [
    'is a rollback that fails',
    [plan, failedBack, plan, verified(true), closed('succeeded')],
    ['critical: can not be rolled back', 'resolve'],
    { kind: 'rollback' },
  ],
  [
    'is paged about by hand and ends well',
    [plan, { type: 'command', command: 'page', effect: 'page', refusal: null }, closed('succeeded')],
    ['critical: needs you', 'resolve'],
  ],
  [
    'is paged about by somebody who may not',
    [plan, { type: 'command', command: 'page', effect: null, refusal: 'no' }, closed('succeeded')],
    [],
  ],
  [
    'was resolved in PagerDuty: it is not resolved again, and worse is a new alert',
    [
      plan,
      wayBack('breach'),
      { type: 'page-answered', incident: 'i', answer: 'resolved', url: null },
      failedBack,
      verified(true),
      closed('rolled-back'),
    ],
    ['error: is rolled back', 'critical: can not be rolled back', 'resolve'],
  ],
];

describe('a rollout that', () => {
  // One parameter: a missing one would be taken for a callback.
  test.each(stories)('%s', (...[, bodies, expected, changes]) => {
    expect(said(run(bodies, changes).tells)).toEqual(expected);
  });
});

test('the file caps how urgent a page may be', () => {
  const bodies = [plan, wayBack('breach'), failedBack, verified(true)];
  expect(said(run(bodies, { most: 'warning' }).tells)).toEqual([
    'warning: is rolled back',
    'warning: can not be rolled back',
    'resolve',
  ]);
});

test('start, promotion, end and way back are changes', () => {
  const promoted: EventBody = {
    ...{ type: 'promoted', service: 'shop', environment: 'production', by: 'rollout' },
    release: runbook.to,
  };
  const what = (bodies: readonly EventBody[]): readonly string[] =>
    run(bodies).tells.flatMap((tell) => (tell.to === 'changes' ? [tell.facts.what] : []));
  const named = (end: string): string => `shop 2.0.4 → 2.1.0 in production: ${end}`;
  expect(what([plan, promoted, closed('succeeded')])).toEqual(['started', 'promoted', 'done'].map(named));
  expect(what([plan, wayBack('person'), closed('aborted')])).toEqual(
    ['started', 'goes back to 2.0.4'].map(named),
  );
});

test('a way back that has not moved the traffic after a minute is stuck; one that has nothing to move is not', () => {
  const { story } = run([plan, wayBack('breach')]);
  const at = event(back, 1).at;
  expect(story.stuckAt).toBe(Date.parse(at) + stuckAfterMs);
  const told = planStuck(story, at);
  expect(said(told.tells)).toEqual(['critical: is stuck on its way back']);
  expect(told.story.stuckAt).toBeNull();
  expect(run([plan, wayBack('breach'), back]).story.stuckAt).toBeNull();
  expect(run([plan, wayBack('failure', [retire])]).story.stuckAt).toBeNull();
});

test('a step that is stuck is paged where the file says so, and a way back that is stuck always', () => {
  const stuck = (then: 'rollback' | 'page' | 'told'): EventBody => ({
    ...{ type: 'stuck', step: 3, then },
    sentence: 'it waits for the target.',
  });
  const { tells, story } = run([plan, stuck('page'), state('watching')]);
  expect(said(tells)).toEqual(['warning: is stuck', 'resolve']);
  expect(story.checks).toEqual(['it waits for the target.']);
  expect(said(run([plan, stuck('rollback')]).tells)).toEqual([]);
  expect(said(run([plan, stuck('told')], { kind: 'rollback' }).tells)).toEqual([
    'critical: is stuck on its way back',
  ]);
});

test('an event that is not carried to the pager would have changed nothing there', () => {
  const types = (Object.keys(heeded) as EventType[]).filter((type) => !heeded[type]);
  expect(types).toContain('step-done');
  for (const type of types) {
    const { story } = run([plan, doubt('inconclusive', 'no-data'), state('inconclusive'), wayBack('breach')]);
    // Their content is never read.
    expect(planPages(story, event({ type } as EventBody, 9))).toEqual({ story, tells: [] });
  }
});

test('the page holds what somebody decides by', () => {
  const { tells } = run([plan, doubt('breach', 'errors'), wayBack('breach'), failedBack]);
  const last = tells.at(-1);
  if (last?.to !== 'pager' || last.do !== 'trigger') throw new Error('no page');
  expect(last.facts).toMatchObject({
    ...{ from: '2.0.4', version: '2.1.0', limit: '1%', actor: 'ana (operator)', owners: ['team-checkout'] },
    checks: ['errors: errors it is', 'no'],
    commands: ['sluice status r-1', 'sluice why r-1', 'curl it', 'sluice retry r-1', 'sluice take-over r-1'],
  });
  expect(last.facts.step).toBe(runbook.steps[3]?.title);
});

test('whatever happens in whatever order: nothing is resolved that is not open, and a good end leaves nothing open', () => {
  const anything = fc.constantFrom<EventBody>(
    ...[plan, state('watching'), state('inconclusive'), state('rolling-back'), back, failedBack],
    ...[wayBack('breach'), wayBack('person'), verified(true), doubt('inconclusive', 'no-data')],
    ...[doubt('inconclusive', 'looks-bad'), doubt('pass', 'healthy'), doubt('breach', 'errors')],
  );
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 25 }), (bodies) => {
      const { tells, story } = run([...bodies, verified(true), closed('succeeded')]);
      let open = false;
      let silent = false;
      for (const tell of tells) {
        if (tell.to === 'pager') {
          if (tell.do === 'resolve') expect(open).toBe(true);
          open = tell.do === 'trigger';
        }
        if (tell.to === 'source') {
          expect(tell.do === 'silent').toBe(!silent);
          silent = tell.do === 'silent';
        }
      }
      expect([open, silent, story.alert]).toEqual([false, false, null]);
    }),
    { numRuns: 300 },
  );
});
