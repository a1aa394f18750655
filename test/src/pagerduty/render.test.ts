import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { longestIncident, readIncident, rolloutIncident } from '../../../runbooks/paging/incident.ts';
import { sourceAddress } from '../../../runbooks/paging/source.ts';
import { renderAlert, renderChange, summaryOf } from '../../../src/pagerduty/render.ts';
import { changeFacts, facts, frame, order, rolloutId, sourceFacts } from './make.ts';

describe('the summary', () => {
  test('names service, versions, environment, what happened, and the cause with number and limit', () => {
    expect(summaryOf(facts)).toBe(
      'shop 2.0.4 → 2.1.0 in production is rolled back: 52 of 1,203 canary requests failed (4.3 %), against 9 of 10,822 on 2.0.4 (0.083 %). (limit 1%)',
    );
  });

  test('does not say a limit twice, nor one that is not known', () => {
    expect(summaryOf({ ...facts, cause: '4.3 %, limit 1 %' })).toBe(
      'shop 2.0.4 → 2.1.0 in production is rolled back: 4.3 %, limit 1 %',
    );
    expect(summaryOf({ ...facts, limit: null, from: null, cause: 'why' })).toBe(
      'shop 2.1.0 in production is rolled back: why',
    );
  });

  test('is never longer than PagerDuty takes, keeps the limit, and cuts no character in two', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 3000 }), (cause) => {
        const said = summaryOf({ ...facts, cause });
        expect(said.length).toBeLessThanOrEqual(1024);
        expect(said).toMatch(/limit/);
        expect(said.isWellFormed()).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('of a source says who waits', () => {
    expect(summaryOf(sourceFacts)).toBe(
      'Metrics of prometheus http://prometheus:9090 are silent: shop (production) wait. No answer for 3 min.',
    );
  });
});

test('a trigger is told in full', () => {
  expect(renderAlert(order(), frame)).toMatchObject({
    event_action: 'trigger',
    dedup_key: `sluice/production/shop/${rolloutId}`,
    client: 'Sluice',
    client_url: `https://sluice.example.com/rollouts/${rolloutId}`,
    links: [
      { text: 'Sluice', href: `https://sluice.example.com/rollouts/${rolloutId}` },
      { text: 'Thread in Slack', href: 'https://acme.slack.com/archives/C1/p1' },
      { text: 'Runbook', href: 'https://wiki.example.com/shop' },
    ],
    payload: {
      severity: 'error',
      source: 'shop.production',
      component: 'shop',
      group: 'production',
      timestamp: '2026-03-01T10:00:00.000Z',
      custom_details: {
        step: 'Watch 2.1.0 at 10 %',
        'failing checks': facts.checks,
        'asked for by': 'slack:ana (slack)',
        'commands to run': facts.commands,
      },
    },
  });
});

test('links that lead nowhere are left out; the same order gives the same bytes', () => {
  const bare = { ...frame, publicUrl: null, runbook: null };
  const event = renderAlert({ ...order(), thread: null }, bare);
  expect(event).toMatchObject({ links: [] });
  expect(event).not.toHaveProperty('client_url');
  expect(JSON.stringify(renderAlert(order(), frame))).toBe(JSON.stringify(renderAlert(order(), frame)));
  expect(renderChange(changeFacts, bare)).toMatchObject({ payload: { source: 'shop.production' } });
});

describe('the key of an incident', () => {
  test('is read back, also that of a drill and of a source; others are nobody’s', () => {
    const incident = rolloutIncident({ service: 'shop', environment: 'production', rolloutId });
    expect(readIncident(incident)).toEqual({ of: 'rollout', rolloutId });
    expect(readIncident(`drill/${incident}`)).toEqual({ of: 'rollout', rolloutId });
    expect(readIncident('sluice/source/0a1b')).toEqual({ of: 'source' });
    for (const other of ['', 'srv01/mysql', 'sluice/production/shop', 'drill/x', '../sluice/a/b/c'])
      expect(readIncident(other)).toBeNull();
  });

  test('fits, however long the names are', () => {
    const name = 'n'.repeat(63);
    expect(rolloutIncident({ service: name, environment: name, rolloutId }).length).toBeLessThanOrEqual(
      longestIncident,
    );
  });
});

test('one metrics source is one, whoever asks it', () => {
  const url = 'http://prometheus:9090';
  expect(sourceAddress({ practice: {} })).toBe('practice');
  expect(sourceAddress({ prometheus: { url, auth: { bearer: 'env:A' } } })).toBe(`prometheus ${url}`);
  expect(sourceAddress({ prometheus: { url } })).toBe(sourceAddress({ prometheus: { url, timeout: 5 } }));
});
