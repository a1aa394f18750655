import type { TargetAction, TargetState } from '../../runbooks/runbook.ts';
import type { ArmReading } from '../../src/gates/reading.ts';

/**
 * What every write to a target carries. `fence` rises from write to write and from rollout to rollout: a target that
 * has seen a higher one refuses, so that a late "weight 10" can not land after "weight 0". `key` (rolloutId + step +
 * direction) names the write: the same key and content again is a success that changes nothing.
 */
export type WriteMark = { readonly rolloutId: string; readonly key: string; readonly fence: number };

/**
 * Artifact behind a release as the target needs it: the manifest's text, checked against its digest (`practice`), or
 * the image's name with its digest, which the target fetches itself (`text` is `null` then).
 */
export type ArtifactContent = {
  readonly digest: string;
  readonly text: string | null;
  readonly image?: string;
};

/** A reading and when it was made: `at` in ms since the epoch; times in `arm` are seconds from then. */
export type TimedReading = { readonly at: number; readonly arm: ArmReading };

/**
 * One kind of target. Every write is idempotent and tells the wanted state. Errors are `SluiceError`s:
 * TARGET_UNAVAILABLE (retry), TARGET_FENCED and TARGET_REFUSED (do not), ARTIFACT_*.
 */
export type Target = {
  /** Where the way back of a rollout is kept beside the target, for break-glass; without it nothing can be. */
  readonly wayBackFile?: (service: string) => string;
  /** What runs now; a service the target has never heard of has no groups. */
  observe(service: string, signal?: AbortSignal): Promise<TargetState>;
  /** Returns once the target has taken the wanted state over; `deploy` does not wait for readiness. */
  apply(
    service: string,
    action: TargetAction,
    mark: WriteMark,
    artifact?: ArtifactContent,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Base address at which one instance group (not the service) answers, for smoke tests. */
  address(service: string, version: string, signal?: AbortSignal): Promise<string>;
  /** Cumulative counters per instance of one version, now. */
  read(service: string, version: string, signal?: AbortSignal): Promise<TimedReading>;
  /** The same from `sinceMs` on (ms since the epoch), as far back as it is kept, about every `everyMs`, in order. */
  history(
    service: string,
    version: string,
    sinceMs: number,
    everyMs: number,
    signal?: AbortSignal,
  ): Promise<readonly TimedReading[]>;
};
