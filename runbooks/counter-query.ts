import { fillValue, lexPromql, namesVersion, quotePromql, versionFault } from './promql.ts';

export type MatchOperator = '=' | '!=' | '=~' | '!~';
export type Matcher = { readonly label: string; readonly op: MatchOperator; readonly value: string };

/**
 * A query for raw counters: a selector, or the sum of one by labels. Only these: the gate takes differences itself, per
 * instance and by the times of the samples, which a rate or a plain sum has lost.
 */
export type CounterQuery = {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
  /** Labels of `sum by (…)`; `null`: the series as they are. */
  readonly by: readonly string[] | null;
};

export type QueryFault = { readonly fault: string };

const fault = (text: string): QueryFault => ({ fault: text });

/** Tokens of a query; a string is its quotes with its number, so that nothing inside one can look like code. */
const tokensOf = (text: string, strings: string[]): readonly string[] | null => {
  const code = (lexPromql(text) ?? []).map((piece) => {
    if (piece.kind === 'code') return piece.text;
    return piece.kind === 'comment' ? ' ' : `"${String(strings.push(piece.value) - 1)}"`;
  });
  return code.join('').match(/[A-Za-z_:][A-Za-z0-9_:]*|"\d+"|=~|!~|!=|[^\s]/g);
};

class Reader {
  readonly #tokens: readonly string[];
  readonly #strings: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[], strings: readonly string[]) {
    this.#tokens = tokens;
    this.#strings = strings;
  }

  get next(): string {
    return this.#tokens[this.#at] ?? '';
  }

  take(token: string): boolean {
    if (this.next.toLowerCase() !== token) return false;
    this.#at += 1;
    return true;
  }

  word(pattern: RegExp): string | null {
    const { next } = this;
    if (!pattern.test(next)) return null;
    this.#at += 1;
    return next;
  }

  string(): string | null {
    const number = this.word(/^"\d+"$/)?.slice(1, -1);
    return number === undefined ? null : (this.#strings[Number(number)] ?? null);
  }
}

const labelName = /^[A-Za-z_][A-Za-z0-9_]*$/;
const metricName = /^[A-Za-z_:][A-Za-z0-9_:]*$/;
const operators: readonly MatchOperator[] = ['=', '!=', '=~', '!~'];

const readMatcher = (reader: Reader): Matcher | null => {
  const label = reader.word(labelName);
  const op = operators.find((operator) => reader.take(operator));
  const value = reader.string();
  return label === null || op === undefined || value === null ? null : { label, op, value };
};

const readList = <T>(reader: Reader, end: string, item: () => T | null): readonly T[] | null => {
  const items: T[] = [];
  while (!reader.take(end)) {
    const found = item();
    if (found === null) return null;
    items.push(found);
    if (reader.next !== end && !reader.take(',')) return null;
  }
  return items;
};

const readSelector = (reader: Reader): Omit<CounterQuery, 'by'> | null => {
  const written = reader.word(metricName);
  const matchers = reader.take('{') ? readList(reader, '}', () => readMatcher(reader)) : [];
  if (matchers === null) return null;
  const named = matchers.find(({ label, op }) => label === '__name__' && op === '=');
  const metric = written ?? named?.value ?? '';
  if (!metricName.test(metric) || (written !== null && named !== undefined)) return null;
  return { metric, matchers: matchers.filter((matcher) => matcher !== named) };
};

const readBy = (reader: Reader): readonly string[] | null =>
  reader.take('by') && reader.take('(') ? readList(reader, ')', () => reader.word(labelName)) : null;

const readSum = (reader: Reader): CounterQuery | null => {
  const before = readBy(reader);
  const selector = reader.take('(') ? readSelector(reader) : null;
  if (selector === null || !reader.take(')')) return null;
  return { ...selector, by: before ?? readBy(reader) ?? [] };
};

/** What people write instead of a counter, and what to write. */
const faultOf = (tokens: readonly string[]): string => {
  const wanted = 'such as http_requests_total{app="shop",version="$version"}';
  if (tokens.includes('[')) return `must be the counter without a range: leave […] out, ${wanted}`;
  if (tokens[1] === '(' && tokens[0]?.toLowerCase() !== 'sum')
    return `must be the raw counter and not ${tokens[0] ?? ''}(…): the gate takes differences itself, ${wanted}`;
  return `must be one counter, ${wanted}, or sum by (instance) (…) of one`;
};

/** Reads a query for counters; what it can't be used for is a fault in the words of the service file's problems. */
export const parseCounterQuery = (text: string): CounterQuery | QueryFault => {
  const wrong = lexPromql(text) === null ? versionFault(text) : null;
  if (wrong !== null) return fault(wrong);
  const strings: string[] = [];
  const tokens = tokensOf(text, strings) ?? [];
  const reader = new Reader(tokens, strings);
  const query = reader.take('sum')
    ? readSum(reader)
    : ((selector) => (selector === null ? null : { ...selector, by: null }))(readSelector(reader));
  if (query === null || reader.next !== '') return fault(faultOf(tokens));
  if (query.by?.length === 0) {
    const inner = renderSelector(query);
    return fault(
      `must keep instances apart, or one that goes away looks like a restart: sum by (instance) (${inner})`,
    );
  }
  return query;
};

/** Whether it reads one version: `$version` in a label that must be, or match, something. */
export const selectsVersion = (query: CounterQuery): boolean =>
  query.matchers.some(({ op, value }) => (op === '=' || op === '=~') && namesVersion(value));

/** The query of one version. */
export const forVersion = (query: CounterQuery, version: string): CounterQuery => ({
  ...query,
  matchers: query.matchers.map(({ label, op, value }) => ({
    ...{ label, op },
    value: fillValue(value, version, op === '=~' || op === '!~'),
  })),
});

/** The selector in PromQL, without its sum. */
export const renderSelector = ({ metric, matchers }: Pick<CounterQuery, 'metric' | 'matchers'>): string =>
  matchers.length === 0
    ? metric
    : `${metric}{${matchers.map(({ label, op, value }) => `${label}${op}${quotePromql(value)}`).join(',')}}`;
