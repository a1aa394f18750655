import type { Case, Demand } from './cases.ts';
import { holds } from './judge.ts';
import type { Outcome } from './watch.ts';
import { quantileOf, wilson } from './wilson.ts';
import type { Estimate } from './wilson.ts';

export type Ran = { readonly what: Case; readonly outcome: Outcome };

const percent = (share: number): string => {
  const value = share * 100;
  return `${Number(value.toFixed(value < 1 || value > 99 ? 2 : 1))} %`;
};
const interval = ({ share, low, high }: Estimate): string =>
  `${percent(share)} (${percent(low)} to ${percent(high)})`;
const seconds = (t: number): string => (Number.isFinite(t) ? `${String(Math.round(t))} s` : '-');
const answer = ({ what, outcome }: Ran): string => (holds(what, outcome) ? 'yes' : '**no**');
const perSecond = (what: Case): string => String(what.requestsPerSecond);
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

/** The runs with one kind of demand, as table rows. */
const rowsOf = <K extends Demand['kind']>(
  ran: readonly Ran[],
  kind: K,
  cells: (run: Ran, demand: Extract<Demand, { kind: K }>) => readonly string[],
): readonly (readonly string[])[] =>
  ran.flatMap((run) => {
    const { demand } = run.what;
    return demand.kind === kind ? [cells(run, demand as Extract<Demand, { kind: K }>)] : [];
  });

const inconclusive = ({ reasons }: Outcome): string =>
  (['too-little-traffic', 'looks-bad', 'both-bad', 'no-data'] as const)
    .flatMap((reason) => {
      const times = reasons.get(reason) ?? 0;
      return times === 0 ? [] : [`${reason} ${String(times)}`];
    })
    .join(', ') || '-';

const falseAlarms = (ran: readonly Ran[]): string =>
  table(
    ['healthy release', 'req/s', 'rolled back (95 % interval)', 'demanded', 'holds'],
    rowsOf(ran, 'false-alarms', (run, demand) => [
      run.what.name,
      perSecond(run.what),
      interval(wilson(run.outcome.breaches, run.outcome.watches)),
      `at most ${percent(demand.atMost)}`,
      answer(run),
    ]),
  );

const demandedOf = (demand: Extract<Demand, { kind: 'found' }>): string =>
  [
    demand.atLeast === null ? null : `found ${percent(demand.atLeast)}`,
    demand.median === null ? null : `median ${seconds(demand.median)}`,
    demand.nineOfTen === null ? null : `nine of ten by ${seconds(demand.nineOfTen)}`,
  ]
    .filter((part) => part !== null)
    .join(', ');

const found = (ran: readonly Ran[]): string =>
  table(
    ['bad release', 'req/s', 'found in 15 min', 'median', 'nine of ten by', 'bound', 'demanded', 'holds'],
    rowsOf(ran, 'found', (run, demand) => [
      run.what.name,
      perSecond(run.what),
      interval(wilson(run.outcome.breaches, run.outcome.watches)),
      seconds(quantileOf(run.outcome.times, 0.5).at - demand.onset),
      seconds(quantileOf(run.outcome.times, 0.9).at - demand.onset),
      demand.bound === null ? '-' : demand.bound < 1 ? '< 1 s' : seconds(demand.bound),
      demandedOf(demand),
      answer(run),
    ]),
  );

const passes = (ran: readonly Ran[]): string =>
  table(
    [
      'release',
      'req/s',
      'passes (95 % interval)',
      'rolled back',
      'inconclusive, of all watches',
      'demanded',
      'holds',
    ],
    rowsOf(ran, 'passes', (run, demand) => [
      run.what.name,
      perSecond(run.what),
      interval(wilson(run.outcome.passes, run.outcome.watches)),
      percent(run.outcome.breaches / run.outcome.watches),
      inconclusive(run.outcome),
      demand.atLeast === null
        ? `at most ${percent(demand.atMost ?? 1)}`
        : `at least ${percent(demand.atLeast)}`,
      answer(run),
    ]),
  );

const plans = (ran: readonly Ran[]): string =>
  table(
    [
      'release',
      'req/s',
      'planned',
      'found (95 % interval)',
      'planned median',
      'median',
      'may be off by',
      'holds',
    ],
    rowsOf(ran, 'planned', (run, demand) => [
      run.what.name,
      perSecond(run.what),
      percent(demand.plan.chance),
      interval(wilson(run.outcome.breaches, run.outcome.watches)),
      demand.plan.median === null ? '-' : seconds(demand.plan.median),
      seconds(quantileOf(run.outcome.times, 0.5).at),
      demand.optimistic === 0 ? `15 points too pessimistic` : `10 points; 40 % or two samples of the median`,
      answer(run),
    ]),
  );

/** The page that says what the gate does, and where that is not what was demanded. */
export const report = (ran: readonly Ran[], watches: number): string => {
  const failed = ran.filter(({ what, outcome }) => !holds(what, outcome));
  const missed = failed.map(({ what }) => `${what.name} (${perSecond(what)} req/s)`).join('; ');
  const summary =
    failed.length === 0
      ? `All ${String(ran.length)} demands hold.`
      : `${String(ran.length - failed.length)} of ${String(ran.length)} demands hold. Not met: ${missed}.`;
  return `# What the gate does, by simulation

Written by \`npm run simulate\`; the same seeds give the same page. Every row is ${String(watches)} watches of 15 minutes,
each with its own half hour of history, read every 5 s, canary at 10 % and baseline failing at 0.3 % unless the row
says otherwise. Settings are the defaults; latencies are watched only in the rows about them (log-normal, median
80 ms, p95 250 ms). A demand counts as missed where chance can't explain it (95 % Wilson interval; for times that of
the order statistics). "Bound" is what any test with 1 % false alarms needs in the mean if errors are independent
(Wald): nothing can be faster.

${summary}

## False alarms

${falseAlarms(ran)}

Errors in groups: each group hits one arm. Bursts and outages hit both, request by request.

## Detection

${found(ran)}

Times count from the onset. "-": not within the watch.

## Proof of health

${passes(ran)}

## The planner against the simulation

The release is in each row as bad as the planner says is found 4 times in 5.

${plans(ran)}
`;
};
