import type { Logger } from 'pino';
import type { Actor } from '../../runbooks/access.ts';
import type { ServiceFile } from '../../runbooks/service.ts';
import type { Rollouts } from '../rollouts/facade.ts';
import type { Ledger } from '../store/ledger.ts';
import type { SlackSettings } from './config.ts';

/** Somebody in our workspace, as Slack knows them. `email` only where it is confirmed. */
export type Member = {
  readonly id: string;
  readonly name: string | null;
  readonly email: string | null;
};

/** Who somebody is to Sluice. */
export type ActorOf = (member: Member) => Promise<Actor> | Actor;

/** What commands and clicks stand on. Nothing of it is state: any number of processes may answer. */
export type SlackDeps = {
  readonly settings: SlackSettings;
  readonly rollouts: Rollouts;
  readonly ledger: Ledger;
  /** The services there are, in the order of their names. */
  readonly services: () => Promise<readonly ServiceFile[]>;
  readonly actorOf: ActorOf;
  readonly log: Logger;
  /** Ms since the epoch. */
  readonly clock: () => number;
  /** Slack waits three seconds; default 2,000. */
  readonly ackMs?: number;
  /** Between two tries of what is not confirmed; default 2,000. */
  readonly againMs?: number;
};
