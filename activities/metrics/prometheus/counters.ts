import { renderSelector } from '../../../runbooks/counter-query.ts';
import type { Matcher } from '../../../runbooks/counter-query.ts';
import { namesVersion } from '../../../runbooks/promql.ts';
import { areLocal } from '../matching.ts';
import type { Counter } from '../queries.ts';

/** How a query with too many series is mended. */
export const mendOf = ({ place, query }: Counter): string => {
  const metric = place.endsWith('histogram') ? query.metric.replace(/_bucket$/, '') : query.metric;
  return query.by === null
    ? `Let Prometheus add up what belongs to one instance, ${place}: sum by (instance) (${renderSelector({ ...query, metric })})`
    : `Keep fewer labels, or narrow it by another: ${place} is grouped by ${query.by.join(', ')}.`;
};

/**
 * One question for several counters, so that all answers are of one moment and of one replica. `series`: everything
 * that fits `common`, told apart here. `sums`: several sums in one query.
 */
export type Request =
  | { readonly kind: 'series'; readonly members: readonly Counter[]; readonly common: readonly Matcher[] }
  | { readonly kind: 'sums'; readonly members: readonly Counter[] };

const same = (a: Matcher, b: Matcher): boolean => a.label === b.label && a.op === b.op && a.value === b.value;

const seriesRequests = (raw: readonly Counter[]): readonly Request[] => {
  const [first, ...others] = raw;
  if (first === undefined) return [];
  const common = first.query.matchers.filter((matcher) =>
    others.every(({ query }) => query.matchers.some((other) => same(matcher, other))),
  );
  // Without the version it would be everybody's series, and what can't be told apart here must be asked apart.
  const together =
    others.length > 0 &&
    common.some(({ op, value }) => (op === '=' || op === '=~') && namesVersion(value)) &&
    raw.every(({ query }) => areLocal(query.matchers));
  if (together) return [{ kind: 'series', members: raw, common }];
  return raw.map((counter) => ({ kind: 'series', members: [counter], common: counter.query.matchers }));
};

/** The questions that bring all counters, the first counter's first. */
export const requestsFor = (counters: readonly Counter[]): readonly Request[] => {
  const sums = counters.filter(({ query }) => query.by !== null);
  const requests: readonly Request[] = [
    ...seriesRequests(counters.filter(({ query }) => query.by === null)),
    ...(sums.length === 0 ? [] : [{ kind: 'sums' as const, members: sums }]),
  ];
  const isFirst = ({ members }: Request): boolean => members.some((member) => member === counters[0]);
  return [...requests.filter(isFirst), ...requests.filter((request) => !isFirst(request))];
};
