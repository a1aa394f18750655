import { customFaults } from './custom-metric.ts';
import type { CustomMetric } from './custom-metric.ts';
import { parseCounterQuery, selectsVersion } from './counter-query.ts';
import type { CounterQuery } from './counter-query.ts';
import type { GateSource } from './gate-source.ts';
import { namesVersion, versionFault } from './promql.ts';

/** The part of a gates block that says where each number comes from. */
export type QueriedBlock = {
  readonly source: GateSource;
  readonly errors: { readonly total?: string | undefined; readonly bad?: string | undefined };
  readonly latency?: { readonly histogram?: string | undefined } | undefined;
  readonly saturation?: readonly { readonly name: string; readonly query?: string | undefined }[] | undefined;
  readonly custom?: readonly CustomMetric[] | undefined;
};

/** What is wrong at a place of the block. */
export type Complaint = { readonly path: readonly (string | number)[]; readonly message: string };

/** One query with its place; `kind`: a gauge may be any expression where the source evaluates it. */
type Placed = {
  readonly path: Complaint['path'];
  readonly text: string | undefined;
  readonly kind: 'counter' | 'histogram' | 'gauge';
};

const customQueries = ({ total, bad, histogram }: CustomMetric, i: number): readonly Placed[] => {
  const at = (key: string): Complaint['path'] => ['custom', i, key];
  if (histogram !== undefined) return [{ path: at('histogram'), text: histogram, kind: 'histogram' }];
  // That both are missing is said of the metric as a whole.
  if (total === undefined && bad === undefined) return [];
  return [
    { path: at('total'), text: total, kind: 'counter' },
    { path: at('bad'), text: bad, kind: 'counter' },
  ];
};

const queriesOf = ({ errors, latency, saturation = [], custom = [] }: QueriedBlock): readonly Placed[] => [
  { path: ['errors', 'total'], text: errors.total, kind: 'counter' },
  { path: ['errors', 'bad'], text: errors.bad, kind: 'counter' },
  ...(latency === undefined
    ? []
    : [{ path: ['latency', 'histogram'], text: latency.histogram, kind: 'histogram' as const }]),
  ...saturation.map(({ query }, i) => ({
    path: ['saturation', i, 'query'],
    text: query,
    kind: 'gauge' as const,
  })),
  ...custom.flatMap(customQueries),
];

const isPattern = (pattern: string): boolean => {
  try {
    return new RegExp(pattern).source !== '';
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
};

/** What a page can't answer: it is read and matched here. */
const pageFault = ({ by, matchers }: CounterQuery): string | null => {
  if (by !== null) return 'must be a plain selector: instances are told apart by their pages';
  const broken = matchers.find(({ op, value }) => op.endsWith('~') && !isPattern(value));
  return broken === undefined ? null : `must match ${broken.label} by a regular expression`;
};

const selectorFault = (text: string, kind: Placed['kind'], page: boolean, versioned: boolean) => {
  const query = parseCounterQuery(text);
  if ('fault' in query)
    return kind === 'gauge' ? 'must be a plain selector: a page computes nothing' : query.fault;
  if (versioned && !selectsVersion(query))
    return 'must contain $version, such as version="$version": each version is read by itself';
  if (kind === 'histogram' && /_(?:bucket|sum|count)$/.test(query.metric))
    return `must be the histogram's own name: ${query.metric.replace(/_[a-z]+$/, '')}`;
  return page ? pageFault(query) : null;
};

const faultOf = (block: QueriedBlock, { text, kind }: Placed): string | null => {
  const { source } = block;
  if ('practice' in source)
    return text === undefined ? null : 'must be left out: the practice service counts by itself';
  if (text === undefined) return 'must be given';
  if ('prometheus' in source)
    return kind === 'gauge' ? versionFault(text) : selectorFault(text, kind, false, true);
  // A page of one version needs no $version in its queries; a page for all versions does.
  return selectorFault(text, kind, true, !source.scrape.urls.some(namesVersion));
};

const pageComplaints = ({ source }: QueriedBlock): readonly Complaint[] => {
  if (!('scrape' in source)) return [];
  const { urls } = source.scrape;
  const named = urls.filter(namesVersion).length;
  if (named === 0 || named === urls.length) return [];
  return [{ path: ['source', 'scrape', 'urls'], message: 'must all contain $version, or none of them' }];
};

const nameComplaints = ({ saturation = [], custom = [] }: QueriedBlock): readonly Complaint[] => {
  const twice = (key: string, named: readonly { readonly name: string }[], what: string) => {
    const names = named.map(({ name }) => name);
    return names.flatMap((name, i) =>
      names.indexOf(name) === i
        ? []
        : [{ path: [key, i, 'name'], message: `must not be the name of two ${what}` }],
    );
  };
  return [...twice('saturation', saturation, 'gauges'), ...twice('custom', custom, 'metrics')];
};

const customComplaints = ({ custom = [] }: QueriedBlock): readonly Complaint[] =>
  custom.flatMap((metric, i) =>
    customFaults(metric).map(({ path, message }) => ({ path: ['custom', i, ...path], message })),
  );

/** What the queries of a gates block lack for its source. */
export const queryComplaints = (block: QueriedBlock): readonly Complaint[] => [
  ...pageComplaints(block),
  ...nameComplaints(block),
  ...customComplaints(block),
  ...queriesOf(block).flatMap((placed) => {
    const message = faultOf(block, placed);
    return message === null ? [] : [{ path: placed.path, message }];
  }),
];
