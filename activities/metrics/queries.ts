import { parseCounterQuery } from '../../runbooks/counter-query.ts';
import type { CounterQuery } from '../../runbooks/counter-query.ts';
import type { CustomMetric } from '../../runbooks/custom-metric.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import type { GatesBlock } from '../../runbooks/gates.ts';

/** Raw counters of the service file, with `$version` still in them. `place`: where they stand, `errors.total`. */
export type Counter = { readonly place: string; readonly query: CounterQuery };

/** A gauge of the service file; `place` is `saturation.NAME`. */
export type Gauge = { readonly place: string; readonly name: string; readonly query: string };

/**
 * What a source is asked for. `bad`: `null` where nothing is called bad, as of durations. `buckets`: the series behind
 * the histogram; `null` where none is read.
 */
export type GateQueries = {
  readonly total: Counter;
  readonly bad: Counter | null;
  readonly buckets: Counter | null;
  readonly gauges: readonly Gauge[];
};

const refused = (message: string): SluiceError =>
  new SluiceError({ code: 'SERVICE_FILE_INVALID', message: `${message}.` });

const given = (place: string, text: string | undefined): string => {
  if (text !== undefined) return text;
  throw refused(`${place} must be given`);
};

/** @throws SluiceError SERVICE_FILE_INVALID for a text that the schema refuses */
export const counterOf = (place: string, text: string | undefined): Counter => {
  const query = parseCounterQuery(given(place, text));
  if ('fault' in query) throw refused(`${place} ${query.fault}`);
  return { place, query };
};

/** The buckets behind a histogram's name. */
const bucketsOf = ({ place, query }: Counter): Counter => ({
  place,
  query: {
    ...query,
    metric: `${query.metric}_bucket`,
    by: query.by === null || query.by.includes('le') ? query.by : [...query.by, 'le'],
  },
});

/** The queries of a gates block, parsed. @throws SluiceError SERVICE_FILE_INVALID for a block that the schema refuses */
export const gateQueries = ({ errors, latency, saturation = [] }: GatesBlock): GateQueries => ({
  total: counterOf('errors.total', errors.total),
  bad: counterOf('errors.bad', errors.bad),
  buckets: latency === undefined ? null : bucketsOf(counterOf('latency.histogram', latency.histogram)),
  gauges: saturation.map(({ name, query }) => {
    const place = `saturation.${name}`;
    return { place, name, query: given(`${place}.query`, query) };
  }),
});

/** Durations have a counter of all of them beside their histogram, and none that is bad. */
const queriesOfCustom = ({ name, total, bad, histogram }: CustomMetric): GateQueries => {
  const place = `custom.${name}`;
  if (histogram === undefined)
    return {
      total: counterOf(`${place}.total`, total),
      bad: counterOf(`${place}.bad`, bad),
      ...{ buckets: null, gauges: [] },
    };
  const counter = counterOf(`${place}.histogram`, histogram);
  const { query } = counter;
  return {
    total: { place: `${place}.histogram (count)`, query: { ...query, metric: `${query.metric}_count` } },
    ...{ bad: null, buckets: bucketsOf(counter), gauges: [] },
  };
};

/** The queries of each custom metric, parsed. @throws SluiceError SERVICE_FILE_INVALID as `gateQueries` does */
export const customQueries = ({
  custom = [],
}: GatesBlock): readonly { readonly name: string; readonly queries: GateQueries }[] =>
  custom.map((metric) => ({ name: metric.name, queries: queriesOfCustom(metric) }));
