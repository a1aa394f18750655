export type AlertStatus = 'triggered' | 'acknowledged' | 'resolved';

/** What the schema has let through. */
export type TriggerSeen = {
  readonly event_action: 'trigger';
  readonly routing_key: string;
  readonly dedup_key?: string;
  readonly payload: {
    readonly summary: string;
    readonly severity: string;
    readonly custom_details?: Readonly<Record<string, unknown>>;
  };
  readonly links?: readonly { readonly href: string; readonly text?: string }[];
};
export type AlertSeen =
  | TriggerSeen
  | {
      readonly event_action: 'acknowledge' | 'resolve';
      readonly routing_key: string;
      readonly dedup_key: string;
    };

export type Alert = {
  readonly routingKey: string;
  readonly dedupKey: string;
  status: AlertStatus;
  /** Every trigger that came while it was open, the first one made it. */
  readonly triggers: TriggerSeen[];
};

/**
 * The alerts of one account, as the reference has them: events under one key and one routing key apply to the alert that
 * is open, a trigger without one opens one, and the others are dropped without a word.
 */
export class Alerts {
  readonly all: Alert[] = [];
  /** What came in a wrong order: PagerDuty drops it and nobody hears of it. */
  readonly outOfOrder: string[] = [];
  readonly #taken = new Set<string>();
  #made = 0;

  open(routingKey: string, dedupKey: string): Alert | undefined {
    return this.all.find(
      (alert) =>
        alert.routingKey === routingKey && alert.dedupKey === dedupKey && alert.status !== 'resolved',
    );
  }

  /** Returns the key, made where none was given. */
  take(event: AlertSeen): string {
    this.#made += 1;
    const dedupKey = event.dedup_key ?? `made-${String(this.#made)}`;
    const open = this.open(event.routing_key, dedupKey);
    // The same bytes again are a try whose answer got lost.
    const again = this.#taken.has(JSON.stringify(event));
    this.#taken.add(JSON.stringify(event));
    if (event.event_action === 'trigger') {
      if (open !== undefined) open.triggers.push(event);
      else this.all.push({ routingKey: event.routing_key, dedupKey, status: 'triggered', triggers: [event] });
      return dedupKey;
    }
    if (open !== undefined) open.status = event.event_action === 'resolve' ? 'resolved' : 'acknowledged';
    else if (!again) this.outOfOrder.push(`${event.event_action} of ${dedupKey}, which is not open`);
    return dedupKey;
  }
}
