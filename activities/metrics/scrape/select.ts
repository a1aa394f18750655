import { forVersion, renderSelector } from '../../../runbooks/counter-query.ts';
import { identify } from '../identity.ts';
import { matching } from '../matching.ts';
import type { Counter } from '../queries.ts';
import { unavailable } from '../unavailable.ts';
import type { Page } from './page.ts';
import type { Sample } from './text-format.ts';

const mostSeries = 5000;

/**
 * The samples of one query on a page.
 * @throws SluiceError METRICS_UNAVAILABLE for too many, or one that stands there twice
 */
export const select = (page: Page, { place, query }: Counter, version: string): readonly Sample[] => {
  const filled = forVersion(query, version);
  const fits = matching(filled.matchers);
  const found = page.samples.filter(({ name, labels }) => name === filled.metric && fits(labels));
  const details = { place };
  if (found.length > mostSeries)
    throw unavailable({
      message: `${place} returned ${String(found.length)} series from ${page.url}; more than ${String(mostSeries)} can not be read every few seconds.`,
      hint: `Narrow it by another label: ${renderSelector(query)}.`,
      details,
    });
  const keys = new Set(found.map(({ labels }) => JSON.stringify(Object.entries(labels).sort())));
  if (keys.size === found.length) return found;
  throw unavailable({
    message: `${place} stands twice with the same labels on ${page.url}.`,
    hint: 'Mend the page: nobody can tell which of the two counts.',
    details,
  });
};

/** The instance a sample is of: by its labels, else that of the page. */
const instanceOf = (page: Page, labels: Sample['labels'], wanted: readonly string[] | undefined): string => {
  if (wanted === undefined && labels['instance'] === undefined) return page.id;
  const identity = identify(labels, wanted);
  if ('fault' in identity) throw unavailable(identity.fault);
  return identity.id;
};

export type Groups = ReadonlyMap<string, readonly Sample[]>;

/** Samples by instance. @throws SluiceError METRICS_UNAVAILABLE where one lacks a label that the file names */
export const byInstance = (
  page: Page,
  samples: readonly Sample[],
  wanted: readonly string[] | undefined,
): Groups => {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const id = instanceOf(page, sample.labels, wanted);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [sample]);
    else group.push(sample);
  }
  return groups;
};

/** All series of one instance added up. @throws SluiceError METRICS_UNAVAILABLE for what no counter can be */
export const sumOf = (page: Page, place: string, samples: readonly Sample[]): number => {
  const wrong = samples.find(({ value }) => !Number.isFinite(value) || value < 0);
  if (wrong === undefined) return samples.reduce((sum, { value }) => sum + value, 0);
  throw unavailable({
    message: `${place} is ${String(wrong.value)} on ${page.url}, which no counter can be.`,
    hint: 'Give a counter of the service itself, not something computed from it.',
    details: { place },
  });
};

/** @throws SluiceError METRICS_UNAVAILABLE where a query knows an instance that the total does not */
export const mustKnow = (page: Page, place: string, found: Groups, total: string, totals: Groups): void => {
  const stranger = [...found.keys()].find((id) => !totals.has(id));
  if (stranger === undefined) return;
  throw unavailable({
    message: `${place} on ${page.url} is of instance ${stranger}, of which ${total} says nothing.`,
    hint: 'Name the labels that both have and that tell instances apart as source.scrape.instance.',
    details: { place },
  });
};
