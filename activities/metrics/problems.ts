import { SluiceError } from '../../runbooks/errors.ts';
import type { Problem } from '../../runbooks/errors.ts';
import { quotePromql } from '../../runbooks/promql.ts';
import type { ArmReading } from '../../src/gates/reading.ts';
import { catchesOther, mixedVersions } from './mixed-versions.ts';
import type { Counter, Gauge } from './queries.ts';

/** What a source throws is what is wrong with it. */
export const problemsOf = async (
  look: () => readonly Problem[] | Promise<readonly Problem[]>,
): Promise<readonly Problem[]> => {
  try {
    return await look();
  } catch (error) {
    if (error instanceof SluiceError) return [error.toProblem()];
    throw error;
  }
};

export const queryProblem = ({ place }: Pick<Counter, 'place'>, message: string, hint: string): Problem => ({
  code: 'METRICS_UNAVAILABLE',
  ...{ message, hint, details: { place } },
});

export const exactVersion = 'Match the version exactly, such as version="$version".';

/** Series of several versions, though one was asked for. */
export const mixedProblems = (
  counter: Counter,
  version: string,
  series: readonly Readonly<Record<string, string>>[],
): readonly Problem[] => {
  const mixed = mixedVersions(counter.query.matchers, version, series);
  if (mixed === null) return [];
  const message = `${counter.place} returned several versions for ${version}: ${mixed.label} is ${mixed.values.slice(0, 10).join(', ')}.`;
  return [queryProblem(counter, message, exactVersion)];
};

/** A pattern that will fit both versions, though only one has series so far. */
export const caughtProblems = (counter: Counter, running: string, other: string): readonly Problem[] => {
  const { matchers } = counter.query;
  const caught = catchesOther(matchers, running, other) ?? catchesOther(matchers, other, running);
  if (caught === null) return [];
  const message = `${counter.place} can not tell ${running} from ${other}: ${caught.label}${caught.op}${quotePromql(caught.value)} fits both.`;
  return [queryProblem(counter, message, exactVersion)];
};

/** Gauges that gave no number. */
export const gaugeProblems = (
  gauges: readonly Gauge[],
  arm: ArmReading,
  running: string,
): readonly Problem[] =>
  gauges
    .filter(
      ({ name }) =>
        arm.gauges?.[name] === undefined &&
        !arm.instances.some((instance) => instance.gauges?.[name] !== undefined),
    )
    .map((gauge) =>
      queryProblem(
        gauge,
        `${gauge.place} returned no number for ${running}, which runs now: ${gauge.query}.`,
        'Try the query by hand, with the version filled in.',
      ),
    );

type LabelSets = readonly Readonly<Record<string, string>>[];

/**
 * A label that the query for errors asks for and no series of the same metric has: errors may have no series yet, but
 * with such a label they never will. `null`: none, or nobody can tell.
 */
export const strangeLabel = (bad: Counter, total: Counter, totals: LabelSets): string | null => {
  if (bad.query.metric !== total.query.metric || totals.length === 0) return null;
  const strange = bad.query.matchers.find(
    ({ label, op, value }) =>
      (op === '=' || op === '=~') && value !== '' && totals.every((labels) => labels[label] === undefined),
  );
  return strange?.label ?? null;
};

export const misspeltProblem = (bad: Counter, label: string, totals: LabelSets): Problem => {
  const has = [...new Set(totals.flatMap((labels) => Object.keys(labels)))];
  const named = has.filter((known) => known !== '__name__').join(', ');
  return queryProblem(
    bad,
    `${bad.place} asks for the label ${label}, which no series of ${bad.query.metric} has; they have ${named}.`,
    'Correct the label, or errors would never be seen. If errors alone have it, let one exist from the start, at 0.',
  );
};
