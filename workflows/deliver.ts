import type { DeliverInput } from './contract.ts';
import { record } from './profiles.ts';

/** Writes what a rollout could not write before it closed, in order, for as long as the ledger is away. */
export async function deliver({ events, settings }: DeliverInput): Promise<void> {
  await record(settings).record(events);
}
