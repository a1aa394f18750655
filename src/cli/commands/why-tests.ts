import type { GateRecord } from '../../../runbooks/gate-record.ts';
import type { GatePolicy } from '../../../runbooks/gates.ts';
import { beta } from '../../gates/weights.ts';
import { sayEvidence } from '../../gates/words.ts';
import type { Line, Span } from '../../story/text.ts';
import { prose, span } from '../../story/text.ts';
import { labelled, table } from '../table.ts';

/** What each test of the gate looks for; a name that is not here stands for itself. */
const looksFor: Readonly<Record<string, string>> = {
  errors_vs_baseline: 'more errors than the old version',
  errors_vs_limit: 'more errors than the limit allows',
  on_fire: 'most requests fail',
  latency_vs_baseline: 'slower than the old version',
  latency_vs_limit: 'slower than the limit allows',
  gauges: 'more CPU, memory, restarts, …',
};

const row = (name: string, evidence: number, needed: number): readonly Span[] => {
  const tone = evidence >= needed ? 'bad' : 'plain';
  // That of a custom metric has its name after a colon.
  const [test = name] = name.split(':');
  return [span(name, tone), span(sayEvidence(evidence), tone), span(looksFor[test] ?? '', 'dim')];
};

/**
 * Every test's evidence, the sum that decides with what it needs, and the evidence of health. Tests have unequal
 * shares of the budget, so the sum is not that of the column.
 */
export const testLines = (record: GateRecord, width: number): readonly Line[] => {
  const { tests, evidence, needed, health_evidence: health } = record;
  const rows = Object.entries(tests)
    .sort(([, a], [, b]) => b - a)
    .map(([name, value]) => row(name, value, needed));
  const decides = evidence >= needed ? 'bad' : 'plain';
  const sums: readonly (readonly Span[])[] = [
    [
      span('all together', decides),
      span(sayEvidence(evidence), decides),
      span(`a rollback needs ${sayEvidence(needed)}`, 'dim'),
    ],
    [span('of health'), span(sayEvidence(health)), span(`a pass needs ${sayEvidence(1 / beta)}`, 'dim')],
  ];
  return labelled('tests', table(['test', 'evidence', ''], [...rows, ...sums], { width: width - 10 }));
};

/** Where the numbers came from, so that they can be found again in a dashboard. */
export const sourceLines = (gates: GatePolicy, width: number): readonly Line[] => {
  const { source, errors, latency, saturation = [], custom = [] } = gates;
  const from =
    'prometheus' in source
      ? `Prometheus at ${source.prometheus.url}`
      : 'scrape' in source
        ? source.scrape.urls.join(', ')
        : 'the practice service';
  const queries: readonly (readonly [string, string | undefined])[] = [
    ['requests', errors.total],
    ['errors', errors.bad],
    ['latency', latency?.histogram],
    ...saturation.map(({ name, query }) => [name, query] as const),
    ...custom.flatMap(({ name, total, bad, histogram }) => [
      [name, total ?? histogram] as const,
      [`${name}, bad`, bad] as const,
    ]),
  ];
  const lines: readonly Line[] = [
    [span(from)],
    ...queries.flatMap(([name, query]) =>
      query === undefined ? [] : prose(`${name}: ${query}`, width - 10, 'dim'),
    ),
  ];
  return labelled('source', lines);
};
