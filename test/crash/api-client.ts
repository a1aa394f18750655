import { z } from 'zod';
import {
  chainReport,
  eventList,
  problemDocument,
  sampleList,
  startAnswer,
} from '../../src/api/schemas/answers.ts';
import { rollout } from '../../src/api/schemas/rollout.ts';
import { readDaemonFile, readTokenFile } from '../../src/home.ts';
import type { StartAnswer } from '../../src/rollouts/requests.ts';
import type { ChainReport, RolloutView, SampleView, StoredEvent } from '../../src/store/views.ts';
import { environment, service } from './fixture.ts';
import { until } from './until.ts';

export type Answer = { readonly status: number; readonly body: unknown };
type Call = { readonly path: string; readonly body?: unknown; readonly key?: string };

const callMs = 30_000;

/** The API as a client sees it whose daemon dies now and then: it asks again, under the key that it had. */
export class ApiClient {
  readonly #home: string;
  readonly #check: () => void;

  /** `check` throws when asking again is of no use. */
  constructor(home: string, check: () => void) {
    this.#home = home;
    this.#check = check;
  }

  /** One try; `null`: nobody answered, or the connection broke. */
  async once({ path, body, key }: Call): Promise<Answer | null> {
    const daemon = readDaemonFile(this.#home);
    const token = readTokenFile(this.#home);
    if (daemon === null || token === null) return null;
    try {
      const response = await fetch(new URL(path, daemon.url), {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(callMs),
      });
      return { status: response.status, body: await response.json() };
    } catch (error) {
      // What `fetch` rejects with when the other side is gone, and when it took too long.
      if (error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError'))
        return null;
      throw error;
    }
  }

  /** Asks until somebody answers. */
  async ask(call: Call): Promise<Answer> {
    return until(`an answer to ${call.path}`, () => {
      this.#check();
      return this.once(call);
    });
  }

  async #read<T extends z.ZodType>(schema: T, call: Call): Promise<z.output<T>> {
    const { status, body } = await this.ask(call);
    if (status < 300) return schema.parse(body);
    throw new Error(`${call.path} was answered with ${status}: ${sayProblem(body)}`);
  }

  /** @throws Error with code and sentence when the deploy is refused */
  deploy(version: string, key: string): Promise<StartAnswer> {
    const body = { kind: 'deploy', service, environment, version };
    return this.#read(startAnswer, { path: '/v1/rollouts', body, key });
  }

  say(rolloutId: string, command: string, key: string): Promise<unknown> {
    return this.#read(z.unknown(), { path: `/v1/rollouts/${rolloutId}/commands`, body: { command }, key });
  }

  adopt(): Promise<unknown> {
    return this.#read(z.unknown(), { path: `/v1/services/${service}/adopt`, body: { environment } });
  }

  rollout(id: string): Promise<RolloutView> {
    return this.#read(rollout, { path: `/v1/rollouts/${id}` });
  }

  async rollouts(): Promise<readonly RolloutView[]> {
    const list = z.object({ rollouts: z.array(rollout) });
    return (await this.#read(list, { path: `/v1/rollouts?service=${service}&limit=100` })).rollouts;
  }

  /** All events of a rollout, in the order of the chain. */
  async events(id: string): Promise<readonly StoredEvent[]> {
    const found: StoredEvent[] = [];
    for (;;) {
      const after = found.at(-1)?.position ?? 0;
      const page = await this.#read(eventList, { path: `/v1/rollouts/${id}/events?after=${after}` });
      found.push(...page.events);
      if (!page.more) return found;
    }
  }

  async samples(id: string, watch: number): Promise<readonly SampleView[]> {
    const page = await this.#read(sampleList, { path: `/v1/rollouts/${id}/samples?watch=${watch}` });
    if (page.more)
      throw new Error(`Watch ${watch} of ${id} has more samples than a watch of seconds can have.`);
    return page.samples;
  }

  audit(): Promise<ChainReport> {
    return this.#read(chainReport, { path: '/v1/audit' });
  }
}

export const sayProblem = (body: unknown): string => {
  const problem = problemDocument.safeParse(body).data;
  return problem === undefined ? JSON.stringify(body) : `${problem.code}: ${problem.detail}`;
};
