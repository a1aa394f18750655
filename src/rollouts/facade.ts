import type { Actor } from '../../runbooks/access.ts';
import type { Preparation } from '../../workflows/contract.ts';
import type { ReleaseView, RolloutView } from '../store/views.ts';
import type {
  CommandRequest,
  DeployRequest,
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
};

/**
 * The one façade that every face (CLI by the API, Slack, console) calls. It holds no state. What is refused throws
 * `SluiceError` with code, sentence and mend, and is recorded where it concerns a rollout.
 */
export type Rollouts = {
  /** Starts a rollout and returns its runbook, or the refusals: then nothing has been written to any target.
   * @throws SluiceError SERVICE_UNKNOWN, ENVIRONMENT_UNKNOWN, SERVICE_FILE_INVALID, VERSION_*, ROLLOUT_LOCKED (409,
   * details say which rollout, by whom, since when), IDEMPOTENCY_CONFLICT, NOT_AUTHORISED, LEDGER_UNAVAILABLE */
  deploy(request: DeployRequest): Promise<StartAnswer>;
  /** Goes back: an open rollout is told to (its abort); otherwise a rollout of kind `rollback` starts. */
  rollback(request: RollbackRequest): Promise<StartAnswer | SaidAnswer>;
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
  /** A rollout by id, or by a unique beginning of it (at least 6 characters); a service's name gives its newest.
   * @throws SluiceError NOT_FOUND */
  find(idOrService: string): Promise<RolloutView>;
  places(): Promise<readonly PlaceView[]>;
  /** The playbook (Markdown) of a deploy of `version`, or, without one, of the last rollout. */
  playbook(
    request:
      PlanRequest | { readonly service: string; readonly environment: string | null; readonly version: null },
  ): Promise<string>;
  /** Rollouts that are open in the ledger and have no run any more: starts their way back. Returns their ids. */
  recoverLost(): Promise<readonly string[]>;
};
