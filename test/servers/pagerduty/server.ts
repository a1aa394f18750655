import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { goAway } from '../away.ts';
import type { Alert, AlertSeen } from './alerts.ts';
import { Alerts } from './alerts.ts';
import { alertSchema, changeSchema, largestEvent } from './schema.ts';

/** What the server does instead of answering; `lost`: it takes the event, and the answer never arrives. */
export type Fault =
  | { readonly do: 'status'; readonly status: number; readonly retryAfter?: string }
  | { readonly do: 'hang' | 'reset' | 'lost' };

export type ChangeSeen = {
  readonly routing_key: string;
  readonly payload: { readonly summary: string; readonly custom_details?: unknown };
};

type Answer = { readonly status: number; readonly body?: unknown; readonly retryAfter?: string };

const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false });
addFormats.default(ajv);
const isAlert = ajv.compile<AlertSeen>(alertSchema);
const isChange = ajv.compile<ChangeSeen>(changeSchema);

/**
 * Stands in for PagerDuty, whose cloud no test can reach: it holds every event to the public reference, keeps alerts as
 * PagerDuty does, and remembers each violation until `check`.
 */
export class PagerDutyServer {
  readonly alerts = new Alerts();
  readonly changes: ChangeSeen[] = [];
  /** Requests that reached it, also those that a fault swallowed; ms since the epoch. */
  readonly requests: { readonly at: number; readonly path: string }[] = [];
  readonly violations: string[] = [];
  /** Awaited before an event is taken: a test may let PagerDuty be slow with some of them. */
  before: ((event: string) => Promise<void>) | null = null;
  readonly #keys: ReadonlySet<string>;
  readonly #server: Server;
  #fault: Fault | null = null;

  private constructor(keys: readonly string[]) {
    this.#keys = new Set(keys);
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  /** Listens on a free port of this machine; `keys` are the integration keys that it knows. */
  static async start(...keys: readonly string[]): Promise<PagerDutyServer> {
    const server = new PagerDutyServer(keys);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** From now on; `null`: all is well again. */
  fault(fault: Fault | null): void {
    this.#fault = fault;
  }

  /** @throws Error with everything that was wrong with what was sent */
  check(): void {
    const wrong = [...this.violations, ...this.alerts.outOfOrder];
    if (wrong.length > 0) throw new Error(`PagerDuty would not have taken it so:\n${wrong.join('\n')}`);
  }

  /** As if it had never been there, until the returned function is called. */
  away(): Promise<() => Promise<void>> {
    return goAway(this.#server);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = request.url ?? '';
    this.requests.push({ at: Date.now(), path });
    await this.before?.(Buffer.concat(chunks).toString('utf8'));
    const fault = this.#fault;
    if (fault?.do === 'hang') return;
    if (fault?.do === 'reset') {
      request.socket.destroy();
      return;
    }
    const answer: Answer =
      fault?.do === 'status'
        ? {
            status: fault.status,
            ...(fault.retryAfter === undefined ? {} : { retryAfter: fault.retryAfter }),
          }
        : this.#take(request, path, Buffer.concat(chunks));
    if (fault?.do === 'lost') return;
    response.writeHead(answer.status, {
      'content-type': 'application/json',
      ...(answer.retryAfter === undefined ? {} : { 'retry-after': answer.retryAfter }),
    });
    response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
  }

  #take({ method, headers }: IncomingMessage, path: string, bytes: Buffer): Answer {
    // Somebody looks whether it is there.
    if (method === 'GET' && path === '/') return { status: 404 };
    if (method !== 'POST' || (path !== '/v2/enqueue' && path !== '/v2/change/enqueue')) {
      this.violations.push(`${method ?? ''} ${path}: there is no such call`);
      return { status: 404 };
    }
    if (!(headers['content-type'] ?? '').startsWith('application/json'))
      this.violations.push(`${path}: not sent as JSON`);
    if (bytes.length > largestEvent) this.violations.push(`${path}: ${String(bytes.length)} bytes`);
    let event: unknown;
    try {
      event = JSON.parse(bytes.toString('utf8'));
    } catch {
      return this.#invalid(path, ['JSON parse error']);
    }
    const check = path === '/v2/enqueue' ? isAlert : isChange;
    if (!check(event)) {
      const wrong = (check.errors ?? []).map(
        ({ instancePath, message }) => `${instancePath} ${message ?? ''}`,
      );
      return this.#invalid(path, wrong);
    }
    // A key of the right form that nobody has: the caller's setting is wrong, not what it sends.
    if (!this.#keys.has(event.routing_key)) return invalid(['Invalid routing key']);
    if ('event_action' in event) {
      const dedupKey = this.alerts.take(event);
      return {
        status: 202,
        body: { status: 'success', message: 'Event processed', dedup_key: dedupKey },
      };
    }
    this.changes.push(event);
    return { status: 202, body: { status: 'success', message: 'Change event processed' } };
  }

  #invalid(path: string, wrong: readonly string[]): Answer {
    this.violations.push(`${path}: ${wrong.join('; ')}`);
    return invalid(wrong);
  }
}

const invalid = (errors: readonly string[]): Answer => ({
  status: 400,
  body: { status: 'invalid event', message: 'Event object is invalid', errors },
});

export type Delivery = { readonly body: string; readonly headers: Readonly<Record<string, string>> };

const newDelivery = (): string => randomUUID();

/** A webhook v3 as PagerDuty sends it, signed with each secret; `id`: the same for every try of one delivery. */
export const webhook = (
  alert: Pick<Alert, 'dedupKey'>,
  type: string,
  secrets: readonly string[],
  {
    id = newDelivery(),
    at = new Date().toISOString(),
    agent = 'PLH1HKV',
  }: { readonly id?: string; readonly at?: string; readonly agent?: string } = {},
): Delivery => {
  const reference = (kind: string, ref: string, summary: string) => ({
    html_url: `https://acme.pagerduty.com/${kind}s/${ref}`,
    id: ref,
    self: `https://api.pagerduty.com/${kind}s/${ref}`,
    summary,
    type: `${kind}_reference`,
  });
  const body = JSON.stringify({
    event: {
      id: randomUUID(),
      event_type: type,
      resource_type: 'incident',
      occurred_at: at,
      agent: reference('user', agent, 'Téa Engineer'),
      client: { name: 'PagerDuty' },
      data: {
        id: 'PGR0VU2',
        type: 'incident',
        self: 'https://api.pagerduty.com/incidents/PGR0VU2',
        html_url: 'https://acme.pagerduty.com/incidents/PGR0VU2',
        number: 2,
        status: 'acknowledged',
        incident_key: alert.dedupKey,
        created_at: at,
        title: 'A little bump in the road',
        service: reference('service', 'PF9KMXH', 'shop'),
        assignees: [reference('user', agent, 'Téa Engineer')],
        escalation_policy: reference('escalation_policy', 'PUS0KTE', 'Default'),
        teams: [],
        priority: null,
        urgency: 'high',
        conference_bridge: null,
        resolve_reason: null,
      },
    },
  });
  const signatures = secrets.map(
    (secret) => `v1=${createHmac('sha256', secret).update(body, 'utf8').digest('hex')}`,
  );
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'PagerDuty-Webhook/V3.0',
      'x-pagerduty-signature': signatures.join(','),
      'x-webhook-id': id,
      'x-webhook-subscription': 'PSUBSCR',
    },
  };
};
