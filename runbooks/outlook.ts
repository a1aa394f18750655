/**
 * What the first watch of a rollout will be able to tell, reckoned from the traffic and the errors of the version that
 * runs. It stands beside a runbook, not in it: numbers that move by the minute are nothing to approve. Rates and rises
 * are shares of requests, lengths seconds. `known: false`: nothing can be said, and the sentence says why.
 */
export type WatchOutlook =
  | { readonly known: false; readonly sentence: string }
  | {
      readonly known: true;
      /** Of both versions together, in the past that was read. */
      readonly requestsPerSecond: number;
      readonly pastSeconds: number;
      /** Usual failure rate of the version that runs. */
      readonly rate: number;
      readonly share: number;
      readonly watchSeconds: number;
      /** Smallest failure rate that is found 4 times in 5; `null`: none is. */
      readonly smallestFound: number | null;
      /** Largest rise that passes 1 time in 20; a smaller one passes more often. `null`: not even a healthy one does. */
      readonly largestPassing: number | null;
      /** The rise that a pass excludes. */
      readonly harm: number;
      /** Until it is excluded 4 times in 5; `null`: takes over a week. */
      readonly excludedAfterSeconds: number | null;
      /** Smallest slow-down of all requests that is found 4 times in 5, as a factor; `null`: not judged, or none is. */
      readonly smallestSlowdown: number | null;
      /** Whether the watch is long enough to show 4 of 5 healthy releases to be so. */
      readonly suffices: boolean;
      readonly sentence: string;
      /** What a watch that is too short leads to, and what would do; `null` where it suffices. */
      readonly warning: string | null;
      readonly advice: string;
    };
