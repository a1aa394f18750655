import type { Logger } from 'pino';
import type { Client } from '@temporalio/client';
import type { ServiceFile } from '../runbooks/service.ts';
import type { AccessSource } from '../src/access/source.ts';
import type { Paging } from '../src/pagerduty/paging.ts';
import type { SlackSettings } from '../src/slack/config.ts';
import type { Ledger } from '../src/store/ledger.ts';
import type { Recordings } from '../src/store/recordings.ts';
import type { Place } from '../workflows/contract.ts';
import type { FlagDriver } from './flags/driver.ts';
import type { Target } from './targets/target.ts';

/** What activities need of the process they run in. */
export type Deps = {
  readonly ledger: Ledger;
  readonly recordings: Recordings;
  readonly client: Client;
  /** The target of one environment. */
  readonly target: (file: ServiceFile, place: Place) => Target;
  /** The flags of one environment. @throws SluiceError where the service file names none */
  readonly flags: (file: ServiceFile, place: Place) => FlagDriver;
  /** Ms since the epoch; injected, so that a gate sees one clock. */
  readonly clock: () => number;
  /** Starts the way back of rollouts whose run is gone: the façade's. */
  readonly recoverLost: () => Promise<readonly string[]>;
  readonly paging: Paging;
  readonly slack: SlackSettings;
  /** Who is called in Slack. */
  readonly access: AccessSource;
  readonly log: Logger;
};
