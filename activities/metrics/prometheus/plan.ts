import type { PrometheusSource } from '../../../runbooks/gate-source.ts';
import type { GateQueries } from '../queries.ts';
import { requestsFor } from './counters.ts';
import type { Request } from './counters.ts';

/** Everything that is asked for, parsed. */
export type PrometheusPlan = GateQueries & {
  readonly settings: PrometheusSource;
  /** The questions that bring all counters, the total's first. */
  readonly requests: readonly Request[];
};

export const prometheusPlan = (settings: PrometheusSource, queries: GateQueries): PrometheusPlan => {
  const { total, bad, buckets } = queries;
  return {
    ...queries,
    settings,
    requests: requestsFor([total, bad, buckets].flatMap((counter) => counter ?? [])),
  };
};
