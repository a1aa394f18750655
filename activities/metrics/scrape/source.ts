import type { ScrapeSource } from '../../../runbooks/gate-source.ts';
import type { GateQueries } from '../queries.ts';
import type { MetricsSource } from '../source.ts';
import { Starts } from '../starts.ts';
import { unavailable } from '../unavailable.ts';
import { checkPages } from './check.ts';
import type { Page, Pages } from './page.ts';
import { readPage } from './read-page.ts';
import type { PageInstance } from './read-page.ts';

/** The instances on a page; one without any is not known to be well. */
const instancesOn = (
  page: Page,
  queries: GateQueries,
  version: string,
  { urls, instance }: ScrapeSource,
): readonly PageInstance[] => {
  const found = readPage(page, queries, version, instance);
  if (found.length === 0)
    throw unavailable({
      message: `The metrics page ${page.url} has no ${queries.total.place} of ${version}.`,
      hint: 'See which labels it has, and whether that version runs there.',
      details: { place: queries.total.place, version, url: page.url },
    });
  // The same labels may stand on several pages: each page is another process.
  const prefix = urls.length === 1 ? '' : `${page.id}/`;
  return found.map(({ reading, ...rest }) => ({
    ...rest,
    reading: { ...reading, id: reading.id === page.id ? page.id : `${prefix}${reading.id}` },
  }));
};

/**
 * The `/metrics` pages of the instances themselves. They tell no past, so there is no history; and no time but that of
 * the answer, where the samples carry none.
 */
export const scrapeSource = (settings: ScrapeSource, queries: GateQueries, pagesOf: Pages): MetricsSource => {
  const starts = new Starts();
  const source: MetricsSource = {
    async read(version, signal) {
      const pages = await pagesOf(version, signal);
      const instances = pages.flatMap((page) => instancesOn(page, queries, version, settings));
      const at = Math.max(...instances.map(({ time }) => time));
      return { at, arm: { at: 0, instances: instances.map((found) => starts.told(version, found, at)) } };
    },
    history: async () => [],
    check: (versions, signal) => checkPages({ settings, queries, pagesOf, source }, versions, signal),
  };
  return source;
};
