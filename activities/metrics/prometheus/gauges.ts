import { fillVersion } from '../../../runbooks/promql.ts';
import { identify } from '../identity.ts';
import type { Gauge } from '../queries.ts';
import { unavailable } from '../unavailable.ts';
import type { SourceFault } from '../unavailable.ts';
import type { Series } from './answer.ts';
import { mostSeries } from './api.ts';
import type { Session } from './api.ts';

/** One gauge's values: of the arm as a whole, or by instance. NaN and infinities are no values. */
export type GaugeValues = {
  readonly name: string;
  readonly arm: number | null;
  readonly instances: ReadonlyMap<string, number>;
};

const nothing: ReadonlyMap<string, number> = new Map();

const valueOf = ({ points }: Series): number | null => {
  const value = points.at(-1)?.[1] ?? Number.NaN;
  return Number.isFinite(value) ? value : null;
};

const several = ({ place, query }: Gauge, count: number): SourceFault => ({
  message: `${place} returned ${String(count)} series that are not one for each instance of errors.total.`,
  hint: `Make one number of them: avg(${query}), max(…) or sum(…).`,
});

/** One series is the arm's own value, unless it is that of an instance; several are one for each instance. */
const assign = (
  gauge: Gauge,
  series: readonly Series[],
  ids: ReadonlySet<string>,
  wanted: readonly string[] | undefined,
): GaugeValues => {
  const { name } = gauge;
  const placed = series.map((found) => {
    const identity = identify(found.labels, wanted);
    return { id: 'id' in identity && ids.has(identity.id) ? identity.id : null, value: valueOf(found) };
  });
  const known = new Set(placed.map(({ id }) => id));
  const [first] = placed;
  if (placed.length === 1 && first?.id === null) return { name, arm: first.value, instances: nothing };
  if (known.has(null) || known.size < placed.length) throw unavailable(several(gauge, placed.length));
  const values = placed.flatMap(({ id, value }) =>
    id === null || value === null ? [] : [[id, value] as const],
  );
  return { name, arm: null, instances: new Map(values) };
};

/**
 * Asks for a gauge of one version. No answer, NaN and infinity are "not read": a rate has no value before its second
 * scrape.
 * @throws SluiceError METRICS_UNAVAILABLE for several series that can't be told to be the instances'
 */
export const readGauge = async (
  session: Session,
  gauge: Gauge,
  version: string,
  atMs: number,
  ids: ReadonlySet<string>,
  wanted: readonly string[] | undefined,
): Promise<GaugeValues> => {
  const mend = `Make one number of it: avg(${gauge.query})`;
  const query = fillVersion(gauge.query, version);
  const series = await session.instant({ place: gauge.place, query, mend, most: mostSeries }, atMs);
  return assign(gauge, series, ids, wanted);
};
