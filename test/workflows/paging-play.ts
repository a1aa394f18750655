import type { ServiceFile } from '../../runbooks/service.ts';
import { makeService } from '../runbooks/make.ts';
import type { PlayedRollout, Script } from './stage.ts';

/** The service of the other tests, with somebody on call. */
export const onCall = (severity: 'warning' | 'error' | 'critical' = 'critical'): ServiceFile => {
  const service = makeService();
  const production = service.environments['production'];
  if (production === undefined) throw new Error('no production');
  const page = { pagerduty: { routingKey: 'env:PD_SHOP', severity } };
  return { ...service, environments: { production: { ...production, page } } };
};

/** Resolves when everything about the rollout has been told. */
export const delivered = (run: PlayedRollout): Promise<unknown> =>
  run.env.client.workflow.getHandle(`deliver/${run.rolloutId}`).result();

/** What PagerDuty was told, in order. */
export const orders = ({ paged }: Script): readonly string[] =>
  paged.map(({ order }) => (order.do === 'trigger' ? `trigger ${order.severity}` : order.do));

/** What the ledger was told of it. */
export const pageEvents = ({ events }: Script): readonly string[] =>
  events.flatMap(({ body }) =>
    body.type === 'page-sent' || body.type === 'page-late' || body.type === 'page-failed'
      ? [`${body.type} ${body.action}`]
      : [],
  );
