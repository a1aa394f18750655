import type { LedgerEvent } from '../../runbooks/events.ts';
import { beginOf, Counting, thin } from '../api/counting.ts';
import type { LiveModel } from '../story/model.ts';
import { emptyModel } from '../story/model.ts';
import { heedCounts, heedEvent } from '../story/reduce.ts';
import type { ThreadLine } from './render/line.ts';
import { threadLine } from './render/line.ts';
import type { Ledger } from '../store/ledger.ts';
import type { StoredEvent } from '../store/views.ts';
import { nameEvents } from './names.ts';

const page = 1000;
/** Only the newest counts are shown. */
const fewPoints = 2;

/** A rollout as its message shows it, and what its thread says by event. */
export type Told = {
  readonly model: LiveModel;
  readonly lines: readonly (ThreadLine & { readonly eventId: string })[];
  /** When its numbers were read, ISO 8601; `null`: there are none. */
  readonly asOf: string | null;
};

/** What the ledger knows of the rollout, and the news that it has not got yet. */
export const tell = async (
  ledger: Ledger,
  rolloutId: string,
  news: readonly LedgerEvent[],
): Promise<Told> => {
  const events = await nameEvents(ledger, withNews(await eventsOf(ledger, rolloutId), news));
  let model = emptyModel(rolloutId);
  const lines: Told['lines'][number][] = [];
  for (const event of events) {
    const line = threadLine(model, event);
    if (line !== null) lines.push({ ...line, eventId: event.id });
    model = heedEvent(model, event);
  }
  const numbers = await numbersOf(ledger, model, events);
  return { model: numbers?.model ?? model, lines, asOf: numbers?.asOf ?? null };
};

const eventsOf = async (ledger: Ledger, rolloutId: string): Promise<readonly StoredEvent[]> => {
  const events: StoredEvent[] = [];
  for (;;) {
    const more = await ledger.events({ rolloutId, after: events.at(-1)?.position ?? 0, limit: page });
    events.push(...more);
    if (more.length < page) return events;
  }
};

/** The ledger may lag behind: what it has not got stands at the end, where it will stand. */
const withNews = (events: readonly StoredEvent[], news: readonly LedgerEvent[]): readonly StoredEvent[] => {
  const known = new Set(events.map(({ id }) => id));
  const last = events.at(-1)?.position ?? 0;
  const fresh = news.filter(({ id }) => !known.has(id));
  return [
    ...events,
    ...fresh.map((event, i) => ({
      ...event,
      actor: event.actor === null ? null : { ...event.actor, name: null },
      position: last + 1 + i,
      previousHash: '',
      hash: '',
    })),
  ];
};

const numbersOf = async (
  ledger: Ledger,
  model: LiveModel,
  events: readonly StoredEvent[],
): Promise<{ readonly model: LiveModel; readonly asOf: string } | null> => {
  const { watch } = model;
  const first = events.find(({ body }) => body.type === 'watch-started')?.body;
  if (watch === null || first?.type !== 'watch-started') return null;
  const samples = await ledger.samples(model.id, watch.watch);
  const last = samples.at(-1);
  if (last === undefined) return null;
  const counting = new Counting(beginOf(watch, first));
  const points = thin(
    samples.map((sample) => counting.add(sample)),
    fewPoints,
  );
  return {
    model: heedCounts(model, { watch: watch.watch, points: [...points] }),
    asOf: new Date(Date.parse(first.startsAt) + last.t * 1000).toISOString(),
  };
};
