import type { SourceFault } from './unavailable.ts';

type Labels = Readonly<Record<string, string>>;

/** The identity of the instance behind a series, or why there is none. */
export type Identity = { readonly id: string } | { readonly fault: SourceFault };

const written = (labels: Labels): string =>
  Object.entries(labels)
    .filter(([label]) => label !== 'le' && label !== '__name__')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
    .join(',');

/**
 * Which instance a series belongs to. By default `job/instance`, which is what tells Prometheus' targets apart; a
 * series without `instance` is one by itself, known by all its labels. `wanted`: the labels that the file names instead.
 */
export const identify = (labels: Labels, wanted: readonly string[] | undefined): Identity => {
  if (wanted === undefined) {
    const { instance, job } = labels;
    if (instance === undefined) return { id: written(labels) || 'all' };
    return { id: job === undefined ? instance : `${job}/${instance}` };
  }
  const missing = wanted.find((label) => labels[label] === undefined);
  if (missing === undefined) return { id: wanted.map((label) => labels[label] ?? '').join('/') };
  const known = Object.keys(labels).filter((label) => label !== '__name__' && label !== 'le');
  return {
    fault: {
      message: `A series has no label ${missing}, by which its instance is to be known; it has ${known.length === 0 ? 'none' : known.join(', ')}.`,
      hint: 'Correct `instance` at the source: the labels that tell one instance from another.',
    },
  };
};
