import type { Ledger } from '../store/ledger.ts';
import type { RolloutView, StoredEvent } from '../store/views.ts';
import type { Incident } from './record.ts';
import { incidentOf } from './record.ts';

const page = 500;

/** The incident of a rollout, from the ledger; `null`: it did not fail. */
export const readIncident = async (
  ledger: Pick<Ledger, 'events'>,
  view: RolloutView,
): Promise<Incident | null> => {
  const events: StoredEvent[] = [];
  for (;;) {
    const after = events.at(-1)?.position ?? 0;
    const found = await ledger.events({ rolloutId: view.id, after, limit: page });
    events.push(...found);
    if (found.length < page) return incidentOf(view, events);
  }
};
