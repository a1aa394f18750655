import type { ChangeFacts, PageFacts, SourceFacts } from '../../../runbooks/paging/facts.ts';
import type { PageSeverity } from '../../../runbooks/paging/page-block.ts';
import type { Frame } from '../../../src/pagerduty/render.ts';
import type { PageOrder } from '../../../workflows/telling.ts';

export const key = 'e93facc04764012d7bfb002500d5d1a6';
export const rolloutId = '0193589c-2d10-7c3a-9b1e-5f0d6a7b8c9d';

export const frame: Frame = {
  routingKey: key,
  publicUrl: 'https://sluice.example.com/',
  runbook: 'https://wiki.example.com/shop',
};

export const facts: PageFacts = {
  of: 'rollout',
  rolloutId,
  kind: 'deploy',
  service: 'shop',
  environment: 'production',
  from: '2.0.4',
  version: '2.1.0',
  what: 'is rolled back',
  cause: '52 of 1,203 canary requests failed (4.3 %), against 9 of 10,822 on 2.0.4 (0.083 %).',
  limit: '1%',
  step: 'Watch 2.1.0 at 10 %',
  checks: ['errors: 52 of 1,203 canary requests failed', 'latency: p95 of 480 ms'],
  actor: 'slack:ana (slack)',
  owners: ['team-checkout'],
  commands: [`sluice status ${rolloutId}`, `sluice why ${rolloutId}`],
  at: '2026-03-01T10:00:00.000Z',
};

export const sourceFacts: SourceFacts = {
  of: 'source',
  source: 'prometheus http://prometheus:9090',
  waiting: [{ rolloutId, service: 'shop', environment: 'production' }],
  owners: ['team-checkout'],
  cause: 'No answer for 3 min.',
  commands: ['sluice doctor'],
  at: '2026-03-01T10:00:00.000Z',
};

export const changeFacts: ChangeFacts = {
  rolloutId,
  service: 'shop',
  environment: 'production',
  what: 'shop 2.0.4 → 2.1.0 in production: started',
  details: { plan: 'abc' },
  at: '2026-03-01T10:00:00.000Z',
};

/** A trigger. */
export const order = (
  changes: { readonly severity?: PageSeverity; readonly facts?: Partial<PageFacts> } = {},
): Extract<PageOrder, { do: 'trigger' }> => ({
  incident: `sluice/production/shop/${rolloutId}`,
  number: 1,
  at: '2026-03-01T10:00:00.000Z',
  do: 'trigger',
  severity: changes.severity ?? 'error',
  facts: { ...facts, ...changes.facts },
  thread: 'https://acme.slack.com/archives/C1/p1',
});
