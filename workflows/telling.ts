import type { LedgerEvent } from '../runbooks/events.ts';
import type { Actor } from '../runbooks/access.ts';
import type { ChangeFacts, PageFacts, SourceFacts } from '../runbooks/paging/facts.ts';
import type { PageBlock, PageSeverity } from '../runbooks/paging/page-block.ts';
import { sourceAddress } from '../runbooks/paging/source.ts';
import type { PageStory } from '../runbooks/paging/story.ts';
import type { ServiceFile } from '../runbooks/service.ts';
import type { RolloutState } from '../runbooks/state.ts';
import type { Place, Settings } from './contract.ts';

/** Where messages about an environment go: `slack` of the service file. */
export type SlackBlock = { readonly channel: string };

/** Who is told of a rollout, as its service file says; `null`: nobody by that way. */
export type Channels = { readonly page: PageBlock | null; readonly slack: SlackBlock | null };

/** What the service file says of one environment. */
export const channelsOf = (file: ServiceFile, environment: string): Channels => ({
  page: file.environments[environment]?.page ?? null,
  slack: file.environments[environment]?.slack ?? null,
});

/** The message of a rollout in Slack. */
export type MessageRef = {
  readonly channel: string;
  readonly ts: string;
  /** Linked from the alert; `null`: not known. */
  readonly permalink: string | null;
};

/**
 * One edit of a rollout's message, and the lines that its thread gets.
 *
 * `deliver` calls `announce` in order, never two at once for one rollout, and tries it again until it succeeds: an
 * activity that fails is told the same again. What it shows (steps, numbers, buttons) is the ledger's present view
 * (`Ledger.rollout`), or `news` where the ledger has not got it yet or is away.
 */
export type AnnounceInput = {
  readonly rolloutId: string;
  readonly place: Place;
  readonly slack: SlackBlock;
  /** Rises with every call. A message that shows a higher one already is left as it is. */
  readonly revision: number;
  /** What has happened since the last call, oldest first. Key of a line in the thread: `rolloutId` + `event.id`. */
  readonly news: readonly LedgerEvent[];
  /** The newest state that was told; `null`: none yet. */
  readonly state: RolloutState | null;
  /** What the last call returned; `null`: there is no message yet, or it was lost with a workflow: look for it. */
  readonly message: MessageRef | null;
  /** The rollout has ended: a last edit, which takes the buttons of its state. */
  readonly last: boolean;
};

/** What `activities/announce.ts` implements; part of `Activities` once it does. */
export type AnnounceActivities = {
  /** Posts or edits the message and adds the thread's lines. Short; retried for as long as Slack is away. */
  announce(input: AnnounceInput): Promise<{ readonly message: MessageRef | null }>;
  /**
   * Keeps the numbers of a watch fresh: edits every ten seconds or more, heartbeats, and returns when it is cancelled
   * (something new is to be announced, which `announce` does after it) or `input.state` is over. Never posts lines.
   * An error of it is logged and forgotten: the next `announce` shows the same.
   */
  follow(input: AnnounceInput): Promise<void>;
};

/** What PagerDuty is told about one incident. */
export type PageOrder = {
  /** The `dedup_key`. */
  readonly incident: string;
  /** Rises: with the incident the key of the order. */
  readonly number: number;
  /** ISO 8601: when it was wanted. */
  readonly at: string;
} & (
  | {
      readonly do: 'trigger';
      readonly severity: PageSeverity;
      readonly facts: PageFacts | SourceFacts;
      /** The thread in Slack that is linked; `null`: none, or not known yet. */
      readonly thread: string | null;
    }
  /** `by`: who took it on. */
  | { readonly do: 'acknowledge'; readonly by: Actor }
  | { readonly do: 'resolve' }
);
export type PageInput = { readonly page: PageBlock; readonly order: PageOrder };

export type ChangeInput = { readonly page: PageBlock; readonly facts: ChangeFacts };

/** A rollout that waits for its metrics, or waits no longer. */
export type SourceNews = {
  readonly do: 'silent' | 'back' | 'left';
  readonly rolloutId: string;
  readonly place: Place;
  readonly owners: readonly string[];
  readonly sentence: string;
  readonly at: string;
};
export type SourceTell = {
  readonly news: SourceNews;
  /** Address of the metrics source: what makes two silences the same one. */
  readonly source: string;
  readonly page: PageBlock;
  readonly settings: Settings;
};
export type SourceInput = {
  /** SHA-256 of the address, hex, shortened: part of the workflow's id and of the incident's key. */
  readonly hash: string;
  readonly source: string;
  readonly page: PageBlock;
  readonly settings: Settings;
};

/** Activities of paging: part of the main queue. */
export type PagingActivities = {
  /** Returns the summary that was sent. */
  page(input: PageInput): Promise<string>;
  tellChange(input: ChangeInput): Promise<void>;
  /** Hands the news to the one workflow that owns the source's incident, and starts it where there is none. */
  tellSource(input: SourceTell): Promise<void>;
};

/** What `deliver` takes along when its history has grown long. */
export type Carried = {
  readonly story: PageStory;
  readonly state: RolloutState | null;
  readonly noted: number;
  readonly orders: number;
  readonly revision: number;
  readonly message: MessageRef | null;
};

/** Input of `deliver`. */
export type DeliverInput = {
  readonly rolloutId: string;
  readonly place: Place;
  readonly channels: Channels;
  readonly settings: Settings;
  readonly file: Pick<ServiceFile, 'owners'> & { readonly source: string };
  readonly kind: PageStory['kind'];
  readonly version: string;
  readonly actor: Actor;
  /** Events that the rollout could not write before it closed. */
  readonly ledger: readonly LedgerEvent[];
  /** The rollout runs, and tells more. */
  readonly follows: boolean;
  /** What is to be told in the beginning; left out: nothing yet. */
  readonly news?: readonly LedgerEvent[];
  readonly carried: Carried | null;
};

/** What of the service file goes with its delivery. */
export const toldOf = (file: ServiceFile, environment: string): DeliverInput['file'] => ({
  owners: file.owners,
  source: sourceAddress(file.environments[environment]?.gates.source ?? {}),
});
