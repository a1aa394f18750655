import type { PrometheusSource } from '../../../runbooks/gate-source.ts';
import type { GatesBlock } from '../../../runbooks/gates.ts';
import { gateQueries } from '../queries.ts';
import type { GateQueries } from '../queries.ts';
import { requestsFor } from './counters.ts';
import type { Request } from './counters.ts';

/** Everything that is asked for, parsed. */
export type PrometheusPlan = GateQueries & {
  readonly settings: PrometheusSource;
  /** The questions that bring all counters, the total's first. */
  readonly requests: readonly Request[];
};

/** @throws SluiceError SERVICE_FILE_INVALID for a block that the schema refuses */
export const prometheusPlan = (settings: PrometheusSource, gates: GatesBlock): PrometheusPlan => {
  const queries = gateQueries(gates);
  const { total, bad, buckets } = queries;
  return {
    ...queries,
    settings,
    requests: requestsFor(buckets === null ? [total, bad] : [total, bad, buckets]),
  };
};
