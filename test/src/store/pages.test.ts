import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Actor } from '../../../runbooks/access.ts';
import type { PageAnswer, PageEvent } from '../../../runbooks/paging/events.ts';
import type { Ledger } from '../../../src/store/ledger.ts';
import { openLedger } from '../../../src/store/open.ts';
import type { PageView } from '../../../src/store/views.ts';
import { layLedger } from '../../servers/ledger-template.ts';
import { at, newId, requested, storyOf } from './story.ts';

const incident = 'sluice/production/shop/some-rollout';
const tea: Actor = { id: 'pagerduty:P1', via: 'pagerduty', groups: [] };
const problem = { code: 'PAGER_UNAVAILABLE', message: 'PagerDuty answers 503.' } as const;

const sent = (
  action: 'trigger' | 'acknowledge' | 'resolve',
  severity: 'error' | 'critical' = 'error',
): PageEvent => ({
  ...{ type: 'page-sent', incident, action, waitedMs: 5, summary: `${severity} it is` },
  severity: action === 'trigger' ? severity : null,
});
const late: PageEvent = { type: 'page-late', incident, action: 'trigger', problem };
const failed: PageEvent = { type: 'page-failed', incident, action: 'trigger', problem };
const answered = (answer: PageAnswer): PageEvent => ({
  ...{ type: 'page-answered', incident, answer },
  url: 'https://acme.pagerduty.com/incidents/P9',
});

let folder: string;
let ledger: Ledger;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-pages-'));
  ledger = await openLedger(await layLedger(folder));
}, 60_000);
afterAll(async () => {
  await ledger.close();
  await rm(folder, { recursive: true, force: true });
});

/** What a rollout's view shows after these, each a second after the one before it. */
const after = async (...bodies: readonly PageEvent[]): Promise<readonly PageView[]> => {
  const id = newId();
  const write = storyOf(id);
  const events = [
    write(requested()),
    ...bodies.map((body) => write(body, body.type === 'page-answered' ? { actor: tea } : {})),
  ];
  await ledger.append(events);
  return (await ledger.rollout(id))?.pages ?? [];
};

test('a page that was delivered, taken on by somebody, and resolved by Sluice', async () => {
  await ledger.rememberActor(tea, 'Téa Engineer');
  const [page] = await after(sent('trigger'), answered('acknowledged'), sent('resolve'));
  expect(page).toEqual({
    incident,
    state: 'resolved',
    severity: 'error',
    summary: 'error it is',
    url: 'https://acme.pagerduty.com/incidents/P9',
    triggeredAt: at(2),
    acknowledgedAt: at(3),
    acknowledgedBy: { ...tea, name: 'Téa Engineer' },
    resolvedAt: at(4),
    resolvedBy: null,
    lateSince: null,
    problem: null,
  });
});

test('not delivered yet, then delivered: the view says so, and since when', async () => {
  expect(await after(late, late)).toMatchObject([
    { state: 'late', lateSince: at(2), problem: { message: problem.message }, triggeredAt: null },
  ]);
  expect(await after(late, sent('trigger'))).toMatchObject([
    { state: 'open', lateSince: null, problem: null, triggeredAt: at(3) },
  ]);
  expect(await after(failed)).toMatchObject([{ state: 'failed', problem: { code: problem.code } }]);
});

test('worse is the same alert; after it was resolved a trigger is a new one', async () => {
  expect(await after(sent('trigger'), answered('acknowledged'), sent('trigger', 'critical'))).toMatchObject([
    { state: 'acknowledged', severity: 'critical', triggeredAt: at(2), acknowledgedAt: at(3) },
  ]);
  expect(
    await after(sent('trigger'), answered('acknowledged'), sent('resolve'), sent('trigger')),
  ).toMatchObject([{ state: 'open', triggeredAt: at(5), acknowledgedAt: null, resolvedAt: null }]);
});

test('people resolve, reopen and let go; an answer that is told early or late does not lie', async () => {
  expect(await after(sent('trigger'), answered('resolved'))).toMatchObject([
    { state: 'resolved', resolvedBy: { id: tea.id } },
  ]);
  expect(await after(sent('trigger'), answered('resolved'), answered('reopened'))).toMatchObject([
    { state: 'open', resolvedAt: null },
  ]);
  expect(await after(sent('trigger'), answered('acknowledged'), answered('unacknowledged'))).toMatchObject([
    { state: 'open', acknowledgedAt: null },
  ]);
  expect(await after(answered('acknowledged'), sent('trigger'))).toMatchObject([
    { state: 'acknowledged', triggeredAt: at(3) },
  ]);
  expect(await after(sent('trigger'), sent('resolve'), answered('acknowledged'))).toMatchObject([
    { state: 'resolved', acknowledgedAt: at(4) },
  ]);
});

test('one incident, many rollouts: all of them are found by it', async () => {
  const shared: PageEvent = { ...sent('trigger'), incident: 'sluice/source/00ff' };
  const ids = [newId(), newId()];
  for (const id of ids) {
    const write = storyOf(id);
    await ledger.append([write(requested()), write(shared)]);
  }
  expect(await ledger.rolloutsOfIncident('sluice/source/00ff')).toEqual([...ids].sort());
  expect(await ledger.rolloutsOfIncident('sluice/source/none')).toEqual([]);
});
