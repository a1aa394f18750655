import type { Ledger } from '../store/ledger.ts';
import type { RolloutView, StoredEvent } from '../store/views.ts';

const page = 500;

export type Following = {
  readonly rolloutId: string;
  /** Position after which the caller wants events. */
  readonly after: number;
  /** Oldest first, each once. */
  readonly tell: (events: readonly StoredEvent[]) => void;
};

/**
 * Tells a rollout's events after a position, then every new one as the hub hears of it. The ledger's head is read
 * before the past is: what is written meanwhile comes from the hub, and what comes twice is told once. Returns what
 * ends it. @throws SluiceError LEDGER_UNAVAILABLE while the past is read
 */
export const followRollout = async (ledger: Ledger, following: Following): Promise<() => void> => {
  const { rolloutId, tell } = following;
  let told = following.after;
  const pass = (events: readonly StoredEvent[]): void => {
    const fresh = events.filter((event) => event.rolloutId === rolloutId && event.position > told);
    told = fresh.at(-1)?.position ?? told;
    if (fresh.length > 0) tell(fresh);
  };
  const { position: head } = await ledger.head();
  for (;;) {
    const past = await ledger.events({ rolloutId, after: told, limit: page });
    pass(past);
    if (past.length < page) break;
  }
  return ledger.subscribe(Math.max(head, told), pass);
};

/**
 * Settles when the rollout has an event after the position: at once, when there is one already; at the latest after
 * `waitMs` or when the signal ends it. Nothing is asked of Temporal, and the ledger only once.
 */
export const changedAfter = async (
  ledger: Ledger,
  { id }: Pick<RolloutView, 'id'>,
  after: number,
  { waitMs, signal }: { readonly waitMs: number; readonly signal: AbortSignal },
): Promise<void> => {
  let end = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  const timer = setTimeout(end, waitMs);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  let stop = (): void => undefined;
  try {
    stop = await followRollout(ledger, { rolloutId: id, after, tell: end });
    await over;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    stop();
  }
};
