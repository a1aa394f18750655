import type { Actor } from '../../runbooks/access.ts';
import type { LedgerEvent } from '../../runbooks/events.ts';
import type { Runbook } from '../../runbooks/runbook.ts';
import type { Sample } from '../gates/reading.ts';
import type { GateRecord } from '../gates/record.ts';
import type {
  ChainHead,
  ChainReport,
  HeardView,
  InboxCommand,
  LockView,
  OpenIncident,
  QuarantineView,
  ReleaseView,
  RolloutView,
  SampleView,
  StoredEvent,
} from './views.ts';
import type { CiSessions } from './ci-sessions.ts';
import type { QueueStore } from './queue.ts';
import type { SlackStore } from './slack-messages.ts';

export type RolloutFilter = {
  readonly service?: string;
  readonly environment?: string;
  readonly open?: boolean;
  /** 1 to 500. */
  readonly limit: number;
  /** Id of the last rollout of the page before this one. */
  readonly before?: string;
};

export type EventFilter = {
  readonly rolloutId?: string;
  /** Position; 0 from the beginning. */
  readonly after: number;
  /** 1 to 1000. */
  readonly limit: number;
};

/** `fresh: false`: the key was used before for the same request; `rolloutId` is the one that it began. */
export type Remembered = { readonly rolloutId: string; readonly fresh: boolean };

/** Told in batches, oldest first, each event once. Must not throw; what it throws goes to `onWarning`. */
export type EventListener = (events: readonly StoredEvent[]) => void;

/**
 * The permanent record. Every method may throw `SluiceError` with LEDGER_UNAVAILABLE (retryable: the same call may
 * succeed later) and USAGE (what was given can't be kept: bad id, bad time, too large).
 */
export type Ledger = {
  /**
   * Writes the events in order, all or none. An event whose id stands already is not written again: the standing row
   * is returned. The time is not compared, the first one stands.
   * @throws SluiceError EVENT_CONFLICT where another content stands under the id
   */
  append(events: readonly LedgerEvent[]): Promise<readonly StoredEvent[]>;

  rollout(id: string): Promise<RolloutView | null>;
  /** Newest request first. */
  rollouts(filter: RolloutFilter): Promise<readonly RolloutView[]>;
  /** Ids of the rollouts that one incident in PagerDuty is about. */
  rolloutsOfIncident(incident: string): Promise<readonly string[]>;
  /** Rollouts that the ledger counts as open, oldest first; a run in Temporal may be missing (lost). */
  openRollouts(): Promise<readonly RolloutView[]>;
  /** The newest runbook of the rollout. */
  runbook(rolloutId: string): Promise<Runbook | null>;
  /** What the rollout's workflow said to the command of that key; `null`: nothing that has come here. */
  heard(rolloutId: string, key: string): Promise<HeardView | null>;
  events(filter: EventFilter): Promise<readonly StoredEvent[]>;
  /** The last position of the chain; position 0 and a hash of zeros when it is empty. */
  head(): Promise<ChainHead>;

  /** The newest promoted release that is not marked bad; `except`: a digest that is passed over (what runs now). */
  lastGood(service: string, environment: string, except?: string): Promise<ReleaseView | null>;
  /** Newest promotion first. */
  releases(service: string, environment: string, limit?: number): Promise<readonly ReleaseView[]>;

  /** Whether that digest was promoted there and is not marked bad. */
  hasSucceeded(service: string, environment: string, digest: string): Promise<boolean>;
  /** Pages about rollouts there that were delivered and that nobody has resolved. */
  openIncidents(service: string, environment: string): Promise<readonly OpenIncident[]>;
  /** When traffic was last brought back there and found well (ISO 8601); `null`: never. */
  lastRehearsal(service: string, environment: string): Promise<string | null>;
  /** Digests in quarantine, or the one, the newest breach first: rolled back by a gate, and not lifted since. */
  quarantine(digest?: string): Promise<readonly QuarantineView[]>;

  /** @throws SluiceError IDEMPOTENCY_CONFLICT where the key was used for another body */
  remember(key: string, bodySha256: string, rolloutId: string): Promise<Remembered>;
  /** What a key stands for; `null`: it was never used. */
  rememberedBy(key: string): Promise<{ readonly rolloutId: string; readonly bodySha256: string } | null>;
  /**
   * `remember` and, if fresh, `append` of the rollout's first event, in one transaction: a key never points to a
   * rollout that is not in the ledger.
   * @throws SluiceError IDEMPOTENCY_CONFLICT, EVENT_CONFLICT
   */
  requestAndRemember(key: string, bodySha256: string, first: LedgerEvent): Promise<Remembered>;

  /**
   * `t`: seconds on the watch's clock; `record`: what the gate said of it. A sample that stands already is left as it
   * is.
   */
  addSample(
    rolloutId: string,
    watch: number,
    t: number,
    sample: Sample,
    record?: GateRecord | null,
  ): Promise<void>;
  /** In order of `t`; after `afterT` if given. */
  samples(rolloutId: string, watch: number, afterT?: number): Promise<readonly SampleView[]>;

  /** Insert-or-return by id. @throws SluiceError IDEMPOTENCY_CONFLICT where the id was used for another command */
  putCommand(command: Omit<InboxCommand, 'state' | 'answer'>): Promise<InboxCommand>;
  /** A command of the inbox, waiting or answered; `null`: it never stood there. */
  inboxCommand(id: string): Promise<InboxCommand | null>;
  /** Oldest first. */
  waitingCommands(limit?: number): Promise<readonly InboxCommand[]>;
  /** Closes a waiting command and forgets its reason, which stands in the chain's texts from then on. */
  answerCommand(id: string, state: 'done' | 'refused', answer: string | null): Promise<void>;

  /** The name that views show for the actor's id. */
  rememberActor(actor: Actor, name: string, details?: Readonly<Record<string, string>>): Promise<void>;
  /** Present names by actor's id; ids without one are left out. */
  names(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Forgets name and details of the actor; events keep the opaque id. `false`: nothing was known. */
  eraseActor(id: string): Promise<boolean>;
  /** Forgets the texts of one event (all, or the named one); the chain stays verifiable. Returns how many. */
  eraseTexts(rolloutId: string, eventId: string, name?: string): Promise<number>;

  /** One lock per service and environment: a second call replaces the first, and gives that. `null`: there was none. */
  lock(lock: LockView): Promise<LockView | null>;
  /** `false`: there was none. */
  unlock(service: string, environment: string | null): Promise<boolean>;
  /** Locks that hold for the environment at the time `at` (ISO 8601). */
  locks(service: string, environment: string, at: string): Promise<readonly LockView[]>;

  /** Events after the position, then every new one as it is written, without gaps. Returns what ends it. */
  subscribe(after: number, listener: EventListener): () => void;

  /** What is known of messages in Slack. */
  readonly slack: SlackStore;

  /** Deploys that wait for the rollout before them. */
  readonly queue: QueueStore;

  /** Which jobs speak for which pipelines. */
  readonly ci: CiSessions;

  /** Reads the whole chain and says where it breaks first, if it does. */
  verifyChain(): Promise<ChainReport>;

  /** Changes the address that a second opener of the folder is told; nothing to do on Postgres. */
  tellAddress(address: string): Promise<void>;
  close(): Promise<void>;
};

type CommonOptions = {
  /** Told of what is survived but not normal: a lost connection, a listener that threw. Default: a process warning. */
  readonly onWarning?: (sentence: string, cause: unknown) => void;
};

/** Embedded, in a folder that is made if it is missing. */
export type FolderOptions = CommonOptions & {
  readonly folder: string;
  /** What a second opener is told about who owns the folder, such as the API's address. */
  readonly address: string;
  /** The prepared folder to unpack; default: the shipped one. `null`: none, make it the slow way. */
  readonly template?: string | null;
  /** Called once the folder is ours alone, while its files are still being opened. */
  readonly onOwned?: () => void;
};

/** PostgreSQL by URL; its schema must have been migrated. */
export type PostgresOptions = CommonOptions & {
  readonly url: string;
  /** Connections of this process, at most; one more listens. Default 10. */
  readonly connections?: number;
};

export type LedgerOptions = FolderOptions | PostgresOptions;
