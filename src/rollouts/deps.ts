import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Settings } from '../../workflows/contract.ts';
import type { AccessSource } from '../access/source.ts';
import type { Ledger } from '../store/ledger.ts';

/** What the façade needs of the process it runs in. */
export type RolloutsDeps = {
  readonly client: Client;
  readonly ledger: Ledger;
  /** Folder with one file per service. */
  readonly services: string;
  /** Who may do what, beside the service files; absent: nothing but what they say. */
  readonly access?: AccessSource;
  readonly settings: Settings;
  readonly log: Logger;
  /** How long a person waits for a command's answer before "not confirmed yet", in ms; default 2,000. */
  readonly answerMs?: number;
  /** The same for a plan, which asks target, ledger and metrics; default 10,000. */
  readonly planMs?: number;
};

export const answerMsOf = (deps: RolloutsDeps): number => deps.answerMs ?? 2_000;
export const planMsOf = (deps: RolloutsDeps): number => deps.planMs ?? 10_000;
