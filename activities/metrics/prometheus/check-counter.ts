import { forVersion, renderSelector } from '../../../runbooks/counter-query.ts';
import type { CounterQuery } from '../../../runbooks/counter-query.ts';
import type { Problem } from '../../../runbooks/errors.ts';
import { namesVersion, quotePromql } from '../../../runbooks/promql.ts';
import { versionLabels } from '../mixed-versions.ts';
import {
  caughtProblems,
  exactVersion,
  misspeltProblem,
  strangeLabel,
  mixedProblems,
  queryProblem,
} from '../problems.ts';
import type { WatchedVersions } from '../source.ts';
import type { Series } from './answer.ts';
import { mostSeries } from './api.ts';
import { mendOf } from './counters.ts';
import type { Counter, GateQueries } from '../queries.ts';

/** Asks Prometheus something about the query of a place, now. */
export type AskPrometheus = (place: string, query: string) => Promise<readonly Series[]>;

const selectorFor = (query: CounterQuery, version: string): string =>
  renderSelector(forVersion(query, version));

/** The series of all versions. */
const withoutVersion = (query: CounterQuery): CounterQuery => ({
  ...query,
  matchers: query.matchers.filter(({ value }) => !namesVersion(value)),
});

const countOf = async (ask: AskPrometheus, place: string, query: string): Promise<number> =>
  (await ask(place, `count(${query})`))[0]?.points[0]?.[1] ?? 0;

/** The versions that do exist, for somebody who wrote "2.0.4" where the label says "v2.0.4". */
const knownVersions = async (ask: AskPrometheus, { place, query }: Counter): Promise<readonly string[]> => {
  const labels = versionLabels(query.matchers);
  const all = renderSelector(withoutVersion(query));
  const found = await ask(place, `topk(10, count by (${labels.join(', ')}) (${all}))`);
  return found.map((series) =>
    labels.map((label) => `${label}=${quotePromql(series.labels[label] ?? '')}`).join(','),
  );
};

const nothing = async (ask: AskPrometheus, counter: Counter, version: string): Promise<Problem> => {
  const { place, query } = counter;
  const asked = `${place} returned nothing for ${version}, which runs now: ${selectorFor(query, version)}.`;
  const known = await knownVersions(ask, counter);
  if (known.length > 0)
    return queryProblem(
      counter,
      `${asked} There are series with ${known.join('; ')}.`,
      'Write $version as the label has it, such as version="v$version", or see why this version is not scraped.',
    );
  const all = await countOf(ask, place, query.metric);
  const others = `are ${String(all)} series of ${query.metric}, none with the other labels`;
  return all === 0
    ? queryProblem(
        counter,
        `${asked} There is no series of ${query.metric} at all.`,
        'Correct the name, or let Prometheus scrape the service.',
      )
    : queryProblem(counter, `${asked} There ${others}.`, 'Correct the labels.');
};

/** Errors may have no series yet: then their labels must at least be known, be it from a version before. */
const noErrors = async (
  ask: AskPrometheus,
  bad: Counter,
  total: Counter,
  version: string,
): Promise<readonly Problem[]> => {
  const series = await ask(total.place, `topk(200, ${selectorFor(total.query, version)})`);
  const totals = series.map(({ labels }) => labels);
  const strange = strangeLabel(bad, total, totals);
  if (strange === null) return [];
  const { metric, matchers } = withoutVersion(total.query);
  // A label that is empty where nothing failed is no label to Prometheus.
  const labelled = renderSelector({
    metric,
    matchers: [...matchers, { label: strange, op: '!=', value: '' }],
  });
  const before = await countOf(ask, bad.place, `last_over_time(${labelled}[6h])`);
  return before > 0 ? [] : [misspeltProblem(bad, strange, totals)];
};

const severalVersions = async (
  ask: AskPrometheus,
  counter: Counter,
  { running, other }: WatchedVersions,
): Promise<readonly Problem[]> => {
  const { place, query } = counter;
  const selector = selectorFor(query, running);
  const labels = versionLabels(query.matchers).join(', ');
  const series = await ask(place, query.by === null ? selector : `count by (${labels}) (${selector})`);
  const mixed = mixedProblems(
    counter,
    running,
    series.map((found) => found.labels),
  );
  if (mixed.length > 0) return mixed;
  for (const version of other.filter((one) => one !== running)) {
    const both = await countOf(ask, place, `${selector} and ${selectorFor(query, version)}`);
    const message = `${place} returned ${String(both)} series for ${running} that it returned for ${version} as well.`;
    if (both > 0) return [queryProblem(counter, message, exactVersion)];
    const caught = caughtProblems(counter, running, version);
    if (caught.length > 0) return caught;
  }
  return [];
};

/** What is wrong with one of the queries for counters. */
export const checkCounter = async (
  ask: AskPrometheus,
  counter: Counter,
  { total, bad }: Pick<GateQueries, 'total' | 'bad'>,
  versions: WatchedVersions,
): Promise<readonly Problem[]> => {
  const { place, query } = counter;
  const selector = selectorFor(query, versions.running);
  const summed = query.by === null ? selector : `sum by (${query.by.join(', ')}) (${selector})`;
  const count = await countOf(ask, place, summed);
  if (count > mostSeries) {
    const message = `${place} returned ${String(count)} series for ${versions.running}; more than ${String(mostSeries)} can not be read every few seconds.`;
    return [queryProblem(counter, message, `${mendOf(counter)}.`)];
  }
  if (count === 0 && counter === bad) return noErrors(ask, counter, total, versions.running);
  if (count === 0) return [await nothing(ask, counter, versions.running)];
  return severalVersions(ask, counter, versions);
};
