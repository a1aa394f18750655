import type { Problem } from '../../../runbooks/errors.ts';
import type { ScrapeSource } from '../../../runbooks/gate-source.ts';
import { namesVersion } from '../../../runbooks/promql.ts';
import { versionLabels } from '../mixed-versions.ts';
import {
  caughtProblems,
  gaugeProblems,
  misspeltProblem,
  strangeLabel,
  mixedProblems,
  problemsOf,
  queryProblem,
} from '../problems.ts';
import type { Counter, GateQueries } from '../queries.ts';
import type { MetricsSource, WatchedVersions } from '../source.ts';
import type { Page, Pages } from './page.ts';
import { select } from './select.ts';

export type PageCheck = {
  readonly settings: ScrapeSource;
  readonly queries: GateQueries;
  readonly pagesOf: Pages;
  readonly source: Pick<MetricsSource, 'read'>;
};

/** What there is, for somebody who wrote "2.0.4" where the label says "v2.0.4". */
const nothing = (page: Page, counter: Counter, version: string): Problem => {
  const { place, query } = counter;
  const there = page.samples.filter(({ name }) => name === query.metric);
  const asked = `${place} returned nothing for ${version}, which runs now, from ${page.url}.`;
  if (there.length === 0)
    return queryProblem(counter, `${asked} The page has no ${query.metric} at all.`, 'Correct the name.');
  const labels = versionLabels(query.matchers);
  const values = labels.flatMap((label) =>
    [...new Set(there.map((sample) => `${label}="${sample.labels[label] ?? ''}"`))].slice(0, 10),
  );
  const found = values.length === 0 ? '' : ` with ${values.join(', ')}`;
  return queryProblem(
    counter,
    `${asked} It has ${String(there.length)} series of ${query.metric}${found}.`,
    'Write the labels as the page has them, such as version="v$version".',
  );
};

const checkCounter = (
  page: Page,
  counter: Counter,
  { queries, settings }: PageCheck,
  { running, other }: WatchedVersions,
): readonly Problem[] => {
  const found = select(page, counter, running).map(({ labels }) => labels);
  if (found.length === 0) {
    if (counter !== queries.bad) return [nothing(page, counter, running)];
    const totals = select(page, queries.total, running).map(({ labels }) => labels);
    const strange = strangeLabel(counter, queries.total, totals);
    return strange === null ? [] : [misspeltProblem(counter, strange, totals)];
  }
  // Where each version has a page of its own, its queries may fit any version.
  const apart = settings.urls.some(namesVersion);
  return [
    ...mixedProblems(counter, running, found),
    ...(apart ? [] : other.flatMap((version) => caughtProblems(counter, running, version))),
  ];
};

/** Whether the pages of the running version can be read, and no query mixes versions. */
export const checkPages = (
  check: PageCheck,
  versions: WatchedVersions,
  signal: AbortSignal | undefined,
): Promise<readonly Problem[]> =>
  problemsOf(async () => {
    const { queries, pagesOf, source } = check;
    const pages = await pagesOf(versions.running, signal);
    const counters = [queries.total, queries.bad, queries.buckets].flatMap((counter) => counter ?? []);
    const problems = await Promise.all(
      pages.flatMap((page) =>
        counters.map((counter) => problemsOf(() => checkCounter(page, counter, check, versions))),
      ),
    );
    if (problems.some((found) => found.length > 0)) return problems.flat();
    const { arm } = await source.read(versions.running, signal);
    return gaugeProblems(queries.gauges, arm, versions.running);
  });
