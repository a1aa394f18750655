import type { Actor } from '../../runbooks/access.ts';
import type { Preparation } from '../../workflows/contract.ts';
import type { EffectiveConfig } from '../service-file/organisation/explain.ts';
import type { QuarantineView, ReleaseView, RolloutView } from '../store/views.ts';
import type { LockRequest, PlacedLock, UnlockRequest } from './locks.ts';
import type { PageAnswered } from './page-answered.ts';
import type { LiftRequest } from './quarantine.ts';
import type { RightsView } from './rights.ts';
import type {
  CommandRequest,
  DeployRequest,
  FlagRequest,
  PlanRequest,
  RollbackRequest,
  SaidAnswer,
  StartAnswer,
} from './requests.ts';

/** One environment of one service, as a board shows it. */
export type PlaceView = {
  readonly service: string;
  readonly environment: string;
  readonly owners: readonly string[];
  /** The last good release; `null`: none is known, `adopt` records what runs. */
  readonly good: ReleaseView | null;
  /** The rollout that is open there; `null`: none. */
  readonly open: RolloutView | null;
  /** The deploy that waits for the end of that one; `null`: none. */
  readonly waits: RolloutView | null;
};

/**
 * The one façade that every face (CLI by the API, Slack, console) calls. It holds no state. What is refused throws
 * `SluiceError` with code, sentence and mend, and is recorded where it concerns a rollout.
 */
export type Rollouts = {
  /** Starts a rollout and returns its runbook, or the refusals: then nothing has been written to any target. Where
   * another one runs the service file may have it queued, or take that one's place.
   * @throws SluiceError SERVICE_UNKNOWN, ENVIRONMENT_UNKNOWN, SERVICE_FILE_INVALID, VERSION_*, ROLLOUT_LOCKED (409,
   * details say which rollout, by whom, since when), IDEMPOTENCY_CONFLICT, NOT_AUTHORISED, LEDGER_UNAVAILABLE */
  deploy(request: DeployRequest): Promise<StartAnswer>;
  /** Goes back: an open rollout is told to (its abort); otherwise a rollout of kind `rollback` starts. */
  rollback(request: RollbackRequest): Promise<StartAnswer | SaidAnswer>;
  /** Moves a flag of what runs, without a deploy: up watched and step by step, down at once. @throws as `deploy` */
  flag(request: FlagRequest): Promise<StartAnswer>;
  /** The runbook of a deploy, without running it. @throws as `deploy`, TEMPORAL_UNAVAILABLE */
  plan(request: PlanRequest & { readonly actor: Actor }): Promise<Preparation>;
  /** @throws SluiceError NOT_FOUND, COMMAND_REFUSED, NOT_AUTHORISED */
  say(request: CommandRequest): Promise<SaidAnswer>;
  /** Records what runs now, its digest observed, as the first good release. */
  adopt(request: {
    readonly service: string;
    readonly environment: string | null;
    readonly actor: Actor;
  }): Promise<ReleaseView>;
  /** No new deploy begins there; abort and rollback are never locked. */
  lock(request: LockRequest): Promise<PlacedLock>;
  /** @throws SluiceError NOT_FOUND where there is no such lock */
  unlock(request: UnlockRequest): Promise<{ readonly unlocked: true }>;
  /** A digest that a gate rolled back may be deployed again. @throws SluiceError NOT_FOUND */
  liftQuarantine(request: LiftRequest): Promise<QuarantineView>;
  /** A rollout by id, or by a unique beginning of it (at least 6 characters); a service's name gives what runs,
   * else its newest.
   * @throws SluiceError NOT_FOUND */
  find(idOrService: string): Promise<RolloutView>;
  places(): Promise<readonly PlaceView[]>;
  /** What the actor may say, place by place. */
  rights(actor: Actor): Promise<readonly RightsView[]>;
  /** A service file as it counts, with who said what; `environment` `null`: all of them.
   * @throws SluiceError SERVICE_UNKNOWN, ENVIRONMENT_UNKNOWN, SERVICE_FILE_INVALID, ORGANISATION_FILE_INVALID */
  config(request: {
    readonly service: string;
    readonly environment: string | null;
  }): Promise<EffectiveConfig>;
  /** The playbook (Markdown) of a deploy of `version`, or, without one, of the last rollout. */
  playbook(
    request:
      PlanRequest | { readonly service: string; readonly environment: string | null; readonly version: null },
  ): Promise<string>;
  /** What somebody did with an incident in PagerDuty; returns the rollouts that it is about.
   * @throws SluiceError LEDGER_UNAVAILABLE, TEMPORAL_UNAVAILABLE */
  pageAnswered(answered: PageAnswered): Promise<readonly string[]>;
  /** Acknowledges the rollout's incident where one is open. `false`: nobody is paged about that rollout.
   * @throws SluiceError NOT_AUTHORISED, NOT_FOUND, TEMPORAL_UNAVAILABLE */
  acknowledge(request: { readonly id: string; readonly actor: Actor }): Promise<boolean>;
  /** Rollouts that are open in the ledger and have no run any more: starts their way back. Returns their ids. */
  recoverLost(): Promise<readonly string[]>;
};
