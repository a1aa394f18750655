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

/** Errors may have no series yet, but a label that no series of the metric has will never match. */
export const misspeltProblems = (
  bad: Counter,
  total: Counter,
  totals: readonly Readonly<Record<string, string>>[],
): readonly Problem[] => {
  if (bad.query.metric !== total.query.metric || totals.length === 0) return [];
  const known = new Set(totals.flatMap((labels) => Object.keys(labels)));
  const strange = bad.query.matchers.find(
    ({ label, op, value }) => (op === '=' || op === '=~') && value !== '' && !known.has(label),
  );
  if (strange === undefined) return [];
  const has = [...known].filter((label) => label !== '__name__').join(', ');
  const message = `${bad.place} asks for the label ${strange.label}, which no series of ${bad.query.metric} has; they have ${has}.`;
  return [queryProblem(bad, message, 'Correct the label: errors would never be seen.')];
};
