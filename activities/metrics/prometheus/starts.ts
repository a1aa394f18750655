import { forVersion, renderSelector } from '../../../runbooks/counter-query.ts';
import { identify } from '../identity.ts';
import { mostSeries } from './api.ts';
import type { Session } from './api.ts';
import type { PrometheusPlan } from './plan.ts';

/** By the conventions of Prometheus' client libraries: seconds since the epoch. */
const metric = 'process_start_time_seconds';

/**
 * When the processes behind the instances of a version started, ms since the epoch; empty where nobody tells. They stand
 * in series of their own, mostly without the labels of the requests: they are found by what both say of the instance.
 */
export const readStarts = async (
  session: Session,
  { total, settings: { instance: wanted } }: PrometheusPlan,
  version: string,
  atMs: number,
): Promise<ReadonlyMap<string, number>> => {
  const { by } = total.query;
  const labels = (wanted ?? ['job', 'instance']).filter((label) => by === null || by.includes(label));
  if (labels.length === 0) return new Map();
  const selector = renderSelector(forVersion({ ...total.query, by: null }, version));
  // Several processes behind one instance: nobody can tell which of them the counts are of.
  const query = `max by (${labels.join(', ')}) (${metric} and on (${labels.join(', ')}) ${selector}) unless on (${labels.join(', ')}) (count by (${labels.join(', ')}) (${metric}) > 1)`;
  const series = await session.instant(
    { place: total.place, query, mend: `Narrow ${total.place} by another label`, most: mostSeries },
    atMs,
  );
  return new Map(
    series.flatMap((found) => {
      const identity = identify(found.labels, wanted);
      const value = (found.points.at(-1)?.[1] ?? Number.NaN) * 1000;
      // One that is still to come is told by a clock that is ahead: it tells nothing.
      return 'id' in identity && value > 0 && value <= atMs ? [[identity.id, value] as const] : [];
    }),
  );
};
