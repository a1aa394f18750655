/**
 * Every error that a person or a program can meet, in one table. The code is the `ApplicationFailure` type in
 * Temporal, the `code` of the API's problem documents and of the CLI. `docs/errors.md` is held to it by a test.
 */
export type ErrorRow = {
  /** Whether the same call may succeed later without anybody mending anything. */
  readonly retryable: boolean;
  readonly status: number;
  readonly exit: number;
  /** One line for the person who reads it. */
  readonly says: string;
};

export const errorTable = {
  USAGE: { retryable: false, status: 400, exit: 1, says: 'The request is not well formed.' },
  INTERNAL: {
    retryable: false,
    status: 500,
    exit: 1,
    says: 'Sluice itself failed; the log has the details.',
  },
  CONFIG_INVALID: { retryable: false, status: 500, exit: 78, says: "The daemon's configuration is wrong." },
  UNAUTHENTICATED: { retryable: false, status: 401, exit: 10, says: 'No valid token was given.' },
  ISSUER_UNAVAILABLE: {
    retryable: true,
    status: 503,
    exit: 1,
    says: "The keys of a CI's tokens can not be read.",
  },
  NOT_AUTHORISED: { retryable: false, status: 403, exit: 10, says: 'This actor may not do that.' },
  ACCESS_FILE_INVALID: {
    retryable: false,
    status: 503,
    exit: 10,
    says: 'The file that says who may do what is wrong.',
  },
  NOT_FOUND: { retryable: false, status: 404, exit: 1, says: 'There is nothing under that name or id.' },
  RECORDING_INVALID: { retryable: false, status: 422, exit: 1, says: 'The recording can not be run.' },
  SERVICE_UNKNOWN: { retryable: false, status: 404, exit: 2, says: 'No service file declares that service.' },
  ENVIRONMENT_UNKNOWN: {
    retryable: false,
    status: 404,
    exit: 2,
    says: 'The service has no such environment.',
  },
  SERVICE_FILE_INVALID: { retryable: false, status: 422, exit: 2, says: 'The service file is wrong.' },
  ORGANISATION_FILE_INVALID: {
    retryable: false,
    status: 422,
    exit: 2,
    says: 'The file of the organisation is wrong.',
  },
  INPUT_TOO_LARGE: {
    retryable: false,
    status: 413,
    exit: 2,
    says: 'The service file makes the request too large.',
  },
  VERSION_INVALID: { retryable: false, status: 422, exit: 2, says: 'The version is not a usable version.' },
  VERSION_MUTABLE: { retryable: false, status: 422, exit: 2, says: 'The version is a tag that can move.' },
  ARTIFACT_NOT_FOUND: {
    retryable: false,
    status: 422,
    exit: 2,
    says: 'There is no artifact of that version.',
  },
  ARTIFACT_INVALID: { retryable: false, status: 422, exit: 2, says: 'The artifact can not be used.' },
  ARTIFACT_CHANGED: {
    retryable: false,
    status: 422,
    exit: 2,
    says: 'The artifact is not the one that was planned.',
  },
  ARTIFACT_DIGEST_WRONG: {
    retryable: false,
    status: 422,
    exit: 2,
    says: 'The registry sends something else than the digest it names.',
  },
  ARTIFACT_PLATFORM: {
    retryable: false,
    status: 422,
    exit: 2,
    says: 'The artifact is not made for the platform it would run on.',
  },
  REGISTRY_REFUSED: {
    retryable: false,
    status: 422,
    exit: 2,
    says: 'The registry does not let the artifact be read.',
  },
  REGISTRY_UNAVAILABLE: { retryable: true, status: 503, exit: 1, says: 'The registry does not answer.' },
  ALREADY_RUNNING_VERSION: { retryable: false, status: 422, exit: 2, says: 'That version already runs.' },
  NOTHING_RUNS: {
    retryable: false,
    status: 422,
    exit: 2,
    says: 'Nothing runs there yet that could be returned to.',
  },
  NO_WAY_BACK: {
    retryable: false,
    status: 422,
    exit: 2,
    says: 'There is no known good release to go back to.',
  },
  QUARANTINED: { retryable: false, status: 422, exit: 2, says: 'The artifact is in quarantine.' },
  ORDER_SKIPPED: {
    retryable: false,
    status: 422,
    exit: 2,
    says: 'The release has not succeeded in the environment before.',
  },
  PROBES_MISSING: {
    retryable: false,
    status: 422,
    exit: 2,
    says: 'The target can not tell whether an instance is well.',
  },
  FROZEN: { retryable: false, status: 409, exit: 9, says: 'Deploys are frozen now.' },
  SERVICE_LOCKED: { retryable: false, status: 409, exit: 9, says: 'A person has locked the service.' },
  INCIDENT_OPEN: { retryable: false, status: 422, exit: 2, says: 'An incident of the service is open.' },
  ROLLBACK_UNREHEARSED: {
    retryable: false,
    status: 422,
    exit: 2,
    says: 'The way back has not been rehearsed lately.',
  },
  RUNBOOK_INVALID: {
    retryable: false,
    status: 422,
    exit: 2,
    says: 'No runbook can be made of that request.',
  },
  MIGRATION_INVALID: { retryable: false, status: 422, exit: 2, says: 'A migration can not be run.' },
  MIGRATION_DESTRUCTIVE: {
    retryable: false,
    status: 422,
    exit: 2,
    says: 'A migration would break the old version, which may still have to return.',
  },
  MIGRATION_LOCKS: {
    retryable: false,
    status: 422,
    exit: 2,
    says: 'A migration would hold a table for as long as it is large.',
  },
  MIGRATION_CHANGED: {
    retryable: false,
    status: 422,
    exit: 2,
    says: 'A migration is not the one that was applied, or planned.',
  },
  MIGRATION_FAILED: { retryable: false, status: 422, exit: 3, says: 'A migration failed.' },
  MIGRATION_BLOCKED: {
    retryable: true,
    status: 503,
    exit: 1,
    says: 'A migration did not get its lock; nothing waits behind it.',
  },
  DATABASE_UNAVAILABLE: {
    retryable: true,
    status: 503,
    exit: 1,
    says: "The service's database does not answer.",
  },
  POINT_OF_NO_RETURN: {
    retryable: false,
    status: 422,
    exit: 2,
    says: 'The database no longer has what the old version needs.',
  },
  ROLLOUT_LOCKED: {
    retryable: true,
    status: 409,
    exit: 9,
    says: 'Another rollout of this service and environment is running.',
  },
  IDEMPOTENCY_CONFLICT: {
    retryable: false,
    status: 409,
    exit: 1,
    says: 'The key was used before for another request.',
  },
  COMMAND_REFUSED: {
    retryable: false,
    status: 409,
    exit: 1,
    says: "The rollout's state does not allow that command.",
  },
  NOT_CONFIRMED: {
    retryable: true,
    status: 202,
    exit: 0,
    says: 'Not confirmed yet: it may still be carried out.',
  },
  TEMPORAL_UNAVAILABLE: { retryable: true, status: 503, exit: 1, says: 'Temporal does not answer.' },
  LEDGER_UNAVAILABLE: { retryable: true, status: 503, exit: 1, says: 'The ledger does not answer.' },
  LEDGER_OWNED: { retryable: false, status: 503, exit: 1, says: 'Another daemon owns this ledger.' },
  LEDGER_SCHEMA: {
    retryable: false,
    status: 503,
    exit: 1,
    says: "The ledger's schema is not the one this version needs.",
  },
  LEDGER_BROKEN: { retryable: false, status: 500, exit: 1, says: 'The chain of the ledger is broken.' },
  EVENT_CONFLICT: {
    retryable: false,
    status: 409,
    exit: 1,
    says: 'Another event stands in the ledger under this id.',
  },
  TARGET_UNAVAILABLE: { retryable: true, status: 503, exit: 1, says: 'The target does not answer.' },
  TARGET_ANSWER_INVALID: {
    retryable: false,
    status: 502,
    exit: 1,
    says: 'The target answered with something that is no answer.',
  },
  TARGET_REFUSED: { retryable: false, status: 422, exit: 2, says: 'The target refused what it was told.' },
  TARGET_FENCED: {
    retryable: false,
    status: 409,
    exit: 1,
    says: 'A newer rollout has written to the target since.',
  },
  FLAG_UNKNOWN: { retryable: false, status: 422, exit: 2, says: 'The flag store has no such flag.' },
  FLAG_REFUSED: { retryable: false, status: 422, exit: 2, says: 'The flag can not be ramped as it is.' },
  FLAG_UNAVAILABLE: { retryable: true, status: 503, exit: 1, says: 'The flag store does not answer.' },
  NOT_READY: {
    retryable: false,
    status: 422,
    exit: 3,
    says: 'The new version did not become ready in time.',
  },
  SMOKE_FAILED: { retryable: false, status: 422, exit: 3, says: 'A smoke test failed.' },
  WATCH_TOO_SHORT: {
    retryable: false,
    status: 422,
    exit: 2,
    says: 'The watch is too short for this traffic, and the file asks for more.',
  },
  METRICS_UNAVAILABLE: { retryable: true, status: 503, exit: 1, says: 'The metrics source does not answer.' },
  DIGEST_MISMATCH: { retryable: false, status: 422, exit: 3, says: 'What runs is not what was deployed.' },
  PAGER_UNAVAILABLE: { retryable: true, status: 503, exit: 1, says: 'PagerDuty does not answer.' },
  PAGER_REFUSED: { retryable: false, status: 422, exit: 1, says: 'PagerDuty refused what it was told.' },
  SLACK_UNAVAILABLE: { retryable: true, status: 503, exit: 1, says: 'Slack does not answer.' },
  SLACK_REFUSED: { retryable: false, status: 422, exit: 1, says: 'Slack refused what it was told.' },
  CLIENT_OFFLINE: { retryable: true, status: 503, exit: 1, says: 'No daemon answers at that address.' },
} as const satisfies Readonly<Record<string, ErrorRow>>;

export type ErrorCode = keyof typeof errorTable;

/** What went wrong, where, and how to mend it; `details` is plain JSON. */
export type Problem = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly details?: Readonly<Record<string, unknown>>;
};

export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(errorTable, text);

/** The one error class of Sluice: a `Problem` that can be thrown outside of workflows. */
export class SluiceError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(problem: Problem, options?: { readonly cause?: unknown }) {
    super(problem.message, options);
    this.name = 'SluiceError';
    this.code = problem.code;
    this.hint = problem.hint;
    this.details = problem.details;
  }

  toProblem(): Problem {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }
}
