import type { Logger } from 'pino';
import type { Client } from '@temporalio/client';
import type { ServiceFile } from '../runbooks/service.ts';
import type { Ledger } from '../src/store/ledger.ts';
import type { Place } from '../workflows/contract.ts';
import type { Target } from './targets/target.ts';

/** What activities need of the process they run in. */
export type Deps = {
  readonly ledger: Ledger;
  readonly client: Client;
  /** The target of one environment. */
  readonly target: (file: ServiceFile, place: Place) => Target;
  /** Ms since the epoch; injected, so that a gate sees one clock. */
  readonly clock: () => number;
  /** Starts the way back of rollouts whose run is gone: the façade's. */
  readonly recoverLost: () => Promise<readonly string[]>;
  readonly log: Logger;
};
