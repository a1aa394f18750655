import { z } from 'zod';
import {
  eventList,
  sampleList,
  problemDocument,
  rolloutAnswer,
  rolloutList,
  saidAnswer,
} from '../../src/api/schemas/answers.ts';
import type { ProblemDocument } from '../../src/api/schemas/answers.ts';
import { releaseView, rollout } from '../../src/api/schemas/rollout.ts';
import { readDaemonFile, readTokenFile } from '../../src/home.ts';
import type { SaidAnswer, StartAnswer } from '../../src/rollouts/requests.ts';
import type { ReleaseView, RolloutView, SampleView, StoredEvent } from '../../src/store/views.ts';

export type Call = {
  readonly path: string;
  readonly method?: 'GET' | 'POST';
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly raw?: string;
  readonly key?: string | undefined;
};

export type Answer = { readonly status: number; readonly body: unknown };

const callMs = 60_000;
const waitMs = 10_000;

/** The API of the daemon of one data folder, as a program sees it that holds the operator's token. */
export class Api {
  readonly #home: string;

  constructor(home: string) {
    this.#home = home;
  }

  /** Any answer, also a refusal. Rejects when nobody answers. */
  async send({ path, method, body, raw, key }: Call): Promise<Answer> {
    const daemon = readDaemonFile(this.#home);
    const token = readTokenFile(this.#home);
    if (daemon === null || token === null) throw new Error(`No daemon has been started in ${this.#home}.`);
    const text = raw ?? (body === undefined ? null : JSON.stringify(body));
    const response = await fetch(new URL(path, daemon.url), {
      method: method ?? (text === null ? 'GET' : 'POST'),
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(text === null ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(text === null ? {} : { body: text }),
      signal: AbortSignal.timeout(callMs),
    });
    return { status: response.status, body: await response.json() };
  }

  /** @throws Error with the problem's code and sentence where the call is refused */
  async call<T>(schema: z.ZodType<T>, call: Call): Promise<T> {
    const { status, body } = await this.send(call);
    if (status < 300) return schema.parse(body);
    throw new Error(`${call.path} was answered with ${status}: ${JSON.stringify(body)}`);
  }

  /** What the gate saw in one watch, and said of it. */
  async samples(id: string, watch: number): Promise<readonly SampleView[]> {
    const page = await this.call(sampleList, { path: `/v1/rollouts/${id}/samples?watch=${String(watch)}` });
    if (page.more) throw new Error(`Watch ${String(watch)} of ${id} has more samples than a page.`);
    return page.samples;
  }

  /** The problem that a call is refused with. @throws Error where it is not refused */
  async refusal(call: Call): Promise<ProblemDocument> {
    const { status, body } = await this.send(call);
    if (status < 400) throw new Error(`${call.path} was not refused: ${JSON.stringify(body)}`);
    return problemDocument.parse(body);
  }

  deploy(service: string, version: string, key?: string): Promise<StartAnswer | SaidAnswer> {
    return this.call(rolloutAnswer, {
      path: '/v1/rollouts',
      body: { kind: 'deploy', service, version },
      key,
    });
  }

  rollback(service: string, to?: string): Promise<StartAnswer | SaidAnswer> {
    const body = { kind: 'rollback', service, ...(to === undefined ? {} : { to }) };
    return this.call(rolloutAnswer, { path: '/v1/rollouts', body });
  }

  say(id: string, command: string, key?: string): Promise<SaidAnswer> {
    return this.call(saidAnswer, { path: `/v1/rollouts/${id}/commands`, body: { command }, key });
  }

  adopt(service: string): Promise<ReleaseView> {
    return this.call(releaseView, { path: `/v1/services/${service}/adopt`, body: {} });
  }

  rollout(id: string): Promise<RolloutView> {
    return this.call(rollout, { path: `/v1/rollouts/${id}` });
  }

  async rollouts(service: string): Promise<readonly RolloutView[]> {
    return (await this.call(rolloutList, { path: `/v1/rollouts?service=${service}&limit=500` })).rollouts;
  }

  async releases(service: string): Promise<readonly ReleaseView[]> {
    const list = z.object({ releases: z.array(releaseView) });
    return (await this.call(list, { path: `/v1/services/${service}/releases` })).releases;
  }

  /** All events of a rollout, in the order of the chain. */
  async events(id: string): Promise<readonly StoredEvent[]> {
    const found: StoredEvent[] = [];
    for (;;) {
      const after = found.at(-1)?.position ?? 0;
      const page = await this.call(eventList, { path: `/v1/rollouts/${id}/events?after=${after}` });
      found.push(...page.events);
      if (!page.more) return found;
    }
  }

  /** Follows a rollout by long-polls until it is as `is` asks; the deadline is for what hangs. */
  async reaches(
    id: string,
    what: string,
    is: (view: RolloutView) => boolean,
    withinMs = 120_000,
  ): Promise<RolloutView> {
    const deadline = Date.now() + withinMs;
    for (let view = await this.rollout(id); ;) {
      if (is(view)) return view;
      if (Date.now() > deadline) {
        throw new Error(
          `${id} was not ${what} within ${withinMs / 1000} s: ${JSON.stringify(view, null, 1)}`,
        );
      }
      const query = `wait=${Math.min(waitMs, withinMs)}ms&after=${view.position}`;
      view = await this.call(rollout, { path: `/v1/rollouts/${id}?${query}` });
    }
  }

  ended(id: string, withinMs?: number): Promise<RolloutView> {
    return this.reaches(id, 'ended', ({ endedAt }) => endedAt !== null, withinMs);
  }
}
