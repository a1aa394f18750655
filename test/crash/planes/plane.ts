import type { PracticeEvent } from '../../../activities/targets/practice/event-log.ts';
import type { Weights } from '../../../runbooks/runbook.ts';

/** A request of a client that nobody answered. `n` and `at` as for the plane's events. */
type LostRequest = { readonly n: number; readonly at: number; readonly event: 'lost'; readonly why: string };

/** What the world that is shipped into saw of what was done to it. */
export type WitnessEvent = PracticeEvent | LostRequest;

/** What carries a stand's releases out. */
export type TargetName = 'practice' | 'command' | 'haproxy';

/**
 * Where a stand's releases run, and who saw it: something that doesn't depend on what those who wrote to it believe.
 */
export type Plane = {
  /** What its services ship to unless a scenario says otherwise. */
  readonly target: TargetName;
  /** Whether its log knows writes by their keys: a plane of ours does, HAProxy knows servers and weights. */
  readonly knowsKeys: boolean;
  /** Members of the service file for one of its targets. */
  blocks(target: TargetName, instances: number): Blocks;
  /** Services of the practice file. */
  readonly practice: readonly object[];
  /** Everything it needs before a daemon is there. */
  open(): Promise<void>;
  /** Everything that was done to it after event `after`, in order. */
  events(after: number): Promise<readonly WitnessEvent[]>;
  /** Who has the traffic. */
  weights(): Promise<Weights>;
  /** From now on every second request to that version fails, or no more. */
  fails(version: string, is: boolean): Promise<void>;
  close(): Promise<void>;
};

/** YAML of the target, of where its numbers are read, and the beginning of the queries that the source needs. */
export type Blocks = { readonly block: string; readonly source: string; readonly queries: string };
