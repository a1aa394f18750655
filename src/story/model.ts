import type { Cause } from '../../runbooks/events.ts';
import type { Problem } from '../../runbooks/errors.ts';
import type { RolloutKind, Step, Weights } from '../../runbooks/runbook.ts';
import type { RolloutState } from '../../runbooks/state.ts';
import type { Verdict } from '../../runbooks/verdict.ts';
import type { Point } from '../api/schemas/answers.ts';
import type { StepState } from '../store/views.ts';
import type { Said } from './say-event.ts';

/** A step of the runbook and how far it is. */
export type LiveStep = {
  readonly step: Step;
  readonly state: StepState;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
};

/** One window of a watch. `points` are in the order of `t`, each once. */
export type LiveWatch = {
  readonly watch: number;
  readonly step: number;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly canary: string;
  readonly baseline: string | null;
  readonly percent: number;
  readonly points: readonly Point[];
  readonly verdict: Verdict | null;
};

/** Everything that a live view shows, made from a rollout's events and samples alone. Times are ISO 8601. */
export type LiveModel = {
  readonly id: string;
  readonly kind: RolloutKind;
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  /** `null`: nothing ran before, or it is not known yet (`hash` tells which). */
  readonly from: string | null;
  readonly actor: string;
  /** Id of whoever asked for it; `null`: not known. */
  readonly requester: string | null;
  readonly reason: string | null;
  readonly requestedAt: string;
  readonly hash: string | null;
  readonly warm: boolean;
  /** Limit of the error rate, a fraction. */
  readonly limit: number | null;
  /** What the file adds to a watch that could not tell, ms; 0: nothing. */
  readonly extend: number;
  readonly warnings: readonly string[];
  /** Groups: whose service it is, and who is asked to approve it. */
  readonly owners: readonly string[];
  readonly approvers: readonly string[];
  /** Who asked for it may approve it, too. */
  readonly selfApproves: boolean;
  /** Checks that whoever asked passed over, and why; `null`: the reason was erased. */
  readonly overrides: readonly { readonly check: string; readonly reason: string | null }[];
  readonly state: RolloutState;
  readonly until: string | null;
  readonly next: string | null;
  /** What the running step, or the way back, waits for since it is past its time; `null`: it is not. */
  readonly stuck: string | null;
  readonly steps: readonly LiveStep[];
  /** Who has the traffic; `null`: not known. */
  readonly weights: Weights | null;
  /** Where it is being moved to. */
  readonly moving: Weights | null;
  /** The running watch, or the last one. */
  readonly watch: LiveWatch | null;
  /** Who holds it, and why; `null`: nobody ever did. */
  readonly held: string | null;
  /** Who sent it back, and why; `null`: no person did. */
  readonly sentBack: string | null;
  readonly cause: Cause | null;
  readonly trafficBackMs: number | null;
  readonly recovered: boolean | null;
  readonly verified: string | null;
  readonly problems: readonly Problem[];
  readonly byHand: readonly string[];
  /** What its database would lose, if a person approves it; `null`: nobody is asked. `until` ISO 8601. */
  readonly contract: { readonly sentence: string; readonly until: string | null } | null;
  /** Somebody let its version out of quarantine. */
  readonly lifted: boolean;
  /** Of the rollout's own alert; `null`: none is open. */
  readonly page: 'open' | 'acknowledged' | null;
  readonly sentence: string | null;
  readonly endedAt: string | null;
  /** What has happened, oldest first. */
  readonly log: readonly (Said & { readonly at: string })[];
  /** Of the last event: where to go on from. */
  readonly position: number;
};

export const emptyModel = (id: string): LiveModel => ({
  id,
  kind: 'deploy',
  service: '',
  environment: '',
  version: '',
  from: null,
  actor: '',
  requester: null,
  reason: null,
  requestedAt: '',
  hash: null,
  warm: false,
  limit: null,
  extend: 0,
  warnings: [],
  overrides: [],
  state: 'requested',
  until: null,
  next: null,
  stuck: null,
  steps: [],
  weights: null,
  moving: null,
  watch: null,
  held: null,
  sentBack: null,
  cause: null,
  trafficBackMs: null,
  recovered: null,
  verified: null,
  problems: [],
  byHand: [],
  owners: [],
  approvers: [],
  selfApproves: false,
  contract: null,
  lifted: false,
  page: null,
  sentence: null,
  endedAt: null,
  log: [],
  position: 0,
});
