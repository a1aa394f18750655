import { SluiceError } from '../../runbooks/errors.ts';
import type { Problem } from '../../runbooks/errors.ts';
import type { GateSource } from '../../runbooks/gate-source.ts';
import type { GatesBlock } from '../../runbooks/gates.ts';
import type { ArmReading } from '../../src/gates/reading.ts';

import type { ServiceFile } from '../../runbooks/service.ts';
import type { Place } from '../../workflows/contract.ts';
import type { Deps } from '../deps.ts';
import type { Target } from '../targets/target.ts';
import type { Environment } from './http/secrets.ts';
import { practiceSource } from './practice-source.ts';
import { withCustom } from './custom.ts';
import { prometheusSource } from './prometheus/source.ts';
import { customQueries, gateQueries } from './queries.ts';
import type { GateQueries } from './queries.ts';
import { sharedPages } from './scrape/page.ts';
import { scrapeSource } from './scrape/source.ts';

/** The versions that a rollout is about: the one that runs, and those that will. */
export type WatchedVersions = { readonly running: string; readonly other: readonly string[] };

/**
 * Where the counters of a version come from. A reading's own moment is 0 on its clock, as `Target.read` has it: `at` of
 * the arm is 0, `started` is negative; the caller moves both. Nothing that failed is ever zero: it is a SluiceError
 * METRICS_UNAVAILABLE (or, of the practice service, TARGET_*). No call is retried here. One source serves one watch: it
 * remembers the newest it has seen.
 */
export type MetricsSource = {
  /** The newest counters of a version. `at`: time of the newest sample, ms since the epoch, by the source's clock. */
  read(version: string, signal?: AbortSignal): Promise<{ readonly at: number; readonly arm: ArmReading }>;
  /** The same in the past, oldest first, about every `everyMs`; empty where the source keeps none. */
  history(
    version: string,
    fromMs: number,
    toMs: number,
    everyMs: number,
    signal?: AbortSignal,
  ): Promise<readonly { readonly atMs: number; readonly arm: ArmReading }[]>;
  /** What is wrong with the source before anything is deployed; empty: the running version can be read. */
  check(versions: WatchedVersions, signal?: AbortSignal): Promise<readonly Problem[]>;
};

export type SourceDeps = {
  /** Asked by the source `practice` alone. */
  readonly target: Target;
  readonly service: string;
  /** Ms since the epoch. */
  readonly clock: () => number;
  /** Where `env:NAME` is looked up; the process' own environment unless given. */
  readonly env?: Environment;
};

/**
 * The source that a gates block names.
 * @throws SluiceError SERVICE_FILE_INVALID for a block that the schema refuses
 */
export const sourceOf = (gates: GatesBlock, deps: SourceDeps): MetricsSource => {
  const { source } = gates;
  const { target, service, clock, env = process.env } = deps;
  if ('practice' in source) return practiceSource(target, service);
  const reads = readerOf(source, { env, clock });
  const custom = customQueries(gates).map(({ name, queries }) => ({ name, source: reads(queries) }));
  return withCustom(reads(gateQueries(gates)), custom);
};

/** A source for each set of queries, all of the same server or pages. */
const readerOf = (
  source: Exclude<GateSource, { practice: unknown }>,
  parts: { readonly env: Environment; readonly clock: () => number },
): ((queries: GateQueries) => MetricsSource) => {
  if ('prometheus' in source) return (queries) => prometheusSource(source.prometheus, queries, parts);
  const pages = sharedPages(source.scrape, parts);
  return (queries) => scrapeSource(source.scrape, queries, pages);
};

/** A new source for one environment of a service, as its file names it. */
export const sourceAt = (
  { target, clock }: Pick<Deps, 'target' | 'clock'>,
  file: ServiceFile,
  place: Place,
): MetricsSource => {
  const environment = file.environments[place.environment];
  if (environment === undefined) {
    const message = `${place.service} reached a worker without its environment ${place.environment}.`;
    throw new SluiceError({ code: 'INTERNAL', message });
  }
  return sourceOf(environment.gates, { target: target(file, place), service: place.service, clock });
};
