import { createHash } from 'node:crypto';
import { pagerDuty } from '../src/pagerduty/client.ts';
import { frameOf, renderAlert, renderChange, summaryOf } from '../src/pagerduty/render.ts';
import { readSecret } from '../src/secret.ts';
import { sourceSignal } from '../workflows/delivery-messages.ts';
import type {
  ChangeInput,
  PageInput,
  PagingActivities,
  SourceInput,
  SourceTell,
} from '../workflows/telling.ts';
import type { source } from '../workflows/source.ts';
import type { Deps } from './deps.ts';

/**
 * Tells PagerDuty one thing about one incident, once. Key: `order.incident`, the `dedup_key`: the same trigger again
 * adds to the alert that is open, a resolve of what is resolved is dropped.
 */
export const makePage =
  ({ paging }: Pick<Deps, 'paging'>) =>
  async ({ page, order }: PageInput): Promise<string> => {
    const key = await readSecret(page.pagerduty.routingKey, paging.env, 'PAGER_UNAVAILABLE');
    await pagerDuty({ url: paging.url }).send(renderAlert(order, frameOf(page, key, paging.publicUrl)));
    return order.do === 'trigger' ? summaryOf(order.facts) : order.do;
  };

/**
 * Tells PagerDuty of a change. It has no key there: one that was taken though the answer got lost is shown twice, and
 * wakes nobody.
 */
export const makeTellChange =
  ({ paging }: Pick<Deps, 'paging'>): PagingActivities['tellChange'] =>
  async ({ page, facts }: ChangeInput) => {
    const key = await readSecret(page.pagerduty.routingKey, paging.env, 'PAGER_UNAVAILABLE');
    await pagerDuty({ url: paging.url }).sendChange(
      renderChange(facts, frameOf(page, key, paging.publicUrl)),
    );
  };

/**
 * Hands news of a rollout to the workflow that owns its source's incident. Key: rolloutId + what it does; heard twice,
 * it changes nothing.
 */
export const makeTellSource =
  ({ client }: Pick<Deps, 'client'>) =>
  async ({ news, source: address, page, settings }: SourceTell): Promise<void> => {
    const hash = createHash('sha256').update(address).digest('hex').slice(0, 32);
    const input: SourceInput = { hash, source: address, page, settings };
    const workflowId = `deliver/source/${hash}`;
    await client.workflow.signalWithStart<typeof source, [SourceTell['news']]>('source', {
      workflowId,
      taskQueue: settings.queues.main,
      signal: sourceSignal,
      signalArgs: [news],
      args: [input],
      staticSummary: `metrics of ${address}`,
    });
  };
