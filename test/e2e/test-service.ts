import { callPlane } from '../../activities/targets/practice/control-client.ts';
import type { ClientSeconds, Fault, ServiceView } from '../../activities/targets/practice/control.ts';
import { clientsSchema, serviceViewSchema } from '../../activities/targets/practice/control.ts';
import type { PracticeEvent } from '../../activities/targets/practice/event-log.ts';
import type { StartAnswer } from '../../src/rollouts/requests.ts';
import type { RolloutView } from '../../src/store/views.ts';
import type { Dev } from './dev.ts';
import type { Overrides } from './files.ts';
import { oldVersion } from './files.ts';
import { kill } from './processes.ts';
import { until } from './until.ts';

type Weights = Readonly<Record<string, number>>;

/** Traffic must be back this soon after the command, whatever the rollout is doing, in ms. */
export const backWithinMs = 2_000;

/** One service of a test: its releases, its traffic, and what the plane and its clients have witnessed. */
export class TestService {
  readonly name: string;
  readonly #dev: Dev;

  constructor(dev: Dev, name: string) {
    this.#dev = dev;
    this.name = name;
  }

  /** Begins with traffic and a first good release; ends without traffic, so that the next test has the machine. */
  async under(rate: number, work: () => Promise<void>): Promise<void> {
    await this.load(rate);
    try {
      await this.#dev.api.adopt(this.name);
      await work();
    } finally {
      await this.load(0);
    }
  }

  release(version: string, overrides?: Overrides): void {
    this.#dev.files.release(this.name, version, overrides);
  }

  /** @throws Error where the deploy is not accepted */
  async deploy(version: string, key?: string): Promise<Extract<StartAnswer, { outcome: 'accepted' }>> {
    const answer = await this.#dev.api.deploy(this.name, version, key);
    if (answer.outcome === 'accepted') return answer;
    throw new Error(`Not accepted: ${JSON.stringify(answer)}`);
  }

  /**
   * Follows a rollout until `is`, and says `accept` where the gate asks: what it judges is another test's matter, and a
   * watch of seconds does not always suffice it.
   */
  async goesOn(id: string, what: string, is: (view: RolloutView) => boolean): Promise<RolloutView> {
    const { api } = this.#dev;
    for (;;) {
      const view = await api.reaches(id, what, (seen) => is(seen) || seen.state === 'inconclusive');
      if (is(view)) return view;
      await this.#accept(id);
      await api.reaches(id, 'going on', ({ state }) => state !== 'inconclusive');
    }
  }

  /** Metrics that are back may have ended the question before its answer came. */
  async #accept(id: string): Promise<void> {
    try {
      await this.#dev.api.say(id, 'accept');
    } catch (error) {
      if (!String(error).includes('COMMAND_REFUSED')) throw error;
    }
  }

  /**
   * The version falls ill while the rollout is in `state`: its processes are killed whenever they are back, and every
   * request to them fails until then. Resolves with the first view in another state.
   */
  fallsIll(version: string, id: string, state: RolloutView['state']): Promise<RolloutView> {
    return until('the rollout does something about it', async () => {
      const seen = await this.#dev.api.rollout(id);
      if (seen.state !== state) return seen;
      const { instances } = await this.view();
      for (const each of instances)
        if (each.version === version && each.ready && each.pid !== null) kill(each.pid, 'SIGKILL');
      return null;
    });
  }

  ends(id: string): Promise<RolloutView> {
    return this.goesOn(id, 'ended', ({ endedAt }) => endedAt !== null);
  }

  async #call(method: 'GET' | 'PUT' | 'POST', path: string, body?: unknown): Promise<unknown> {
    const answer = await callPlane(this.#dev.practice, {
      method,
      path: `/services/${this.name}${path}`,
      timeoutMs: 20_000,
      ...(body === undefined ? {} : { body }),
    });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async load(rate: number): Promise<void> {
    await this.#call('PUT', '/load', { rate });
  }

  async fault(fault: Fault): Promise<void> {
    await this.#call('POST', '/faults', fault);
  }

  async view(): Promise<ServiceView> {
    return serviceViewSchema.parse(await this.#call('GET', ''));
  }

  async versions(): Promise<readonly string[]> {
    return (await this.view()).state.groups.map(({ version }) => version).sort();
  }

  async clients(): Promise<ClientSeconds['seconds']> {
    return clientsSchema.parse(await this.#call('GET', '/clients')).seconds;
  }

  /** Requests that this service's clients have seen fail since `sinceMs`, whoever answered, or nobody. */
  async lostSince(sinceMs: number): Promise<{ readonly asked: number; readonly lost: number }> {
    const counts = (await this.clients())
      .filter(({ second }) => second * 1000 >= sinceMs)
      .flatMap(({ served }) => Object.values(served));
    const lost = counts.reduce((sum, { error }) => sum + error, 0);
    return { lost, asked: counts.reduce((sum, { ok }) => sum + ok, lost) };
  }

  /** What was done to this service, in order. */
  async events(): Promise<readonly PracticeEvent[]> {
    const all = await this.#dev.practiceEvents();
    return all.filter((event) => 'service' in event && event.service === this.name);
  }

  /** The weights that this service has had, in order, each with its moment (ms since the epoch). */
  async weights(): Promise<readonly { readonly at: number; readonly weights: Weights }[]> {
    return (await this.events()).flatMap((event) =>
      event.event === 'weights' ? [{ at: event.at, weights: event.weights }] : [],
    );
  }

  /**
   * Traffic away from `canary` since `commandMs` (ms since the epoch) and within two seconds of it, as the proxy
   * switched it and as its clients saw it. Waits until clients have been served long enough after that to tell.
   */
  async trafficBack(canary: string, commandMs: number): Promise<TrafficBack> {
    const dueMs = commandMs + backWithinMs;
    const isDue = ({ second }: { readonly second: number }): boolean => second * 1000 >= dueMs;
    const after = await until('clients are served after the command', async () => {
      const seconds = (await this.clients()).filter(isDue);
      return seconds.length >= 2 ? seconds : null;
    });
    const weights = await this.weights();
    const switched = weights.findLast(({ at }) => at <= dueMs);
    return {
      weightsWhenDue: switched?.weights ?? {},
      weightsLater: weights.filter(({ at }) => at > dueMs).map((later) => later.weights),
      servedLater: [...new Set(after.flatMap(({ served }) => Object.keys(served)))].sort(),
      servedByCanaryLater: after.filter(({ served }) => Object.hasOwn(served, canary)).length,
    };
  }
}

type TrafficBack = {
  readonly weightsWhenDue: Weights;
  /** Every change after the two seconds. */
  readonly weightsLater: readonly Weights[];
  /** Who answered requests that were asked later than two seconds after the command. */
  readonly servedLater: readonly string[];
  readonly servedByCanaryLater: number;
};

/** How `trafficBack` looks when all is well. */
export const allBack: TrafficBack = {
  weightsWhenDue: { [oldVersion]: 100 },
  weightsLater: [],
  servedLater: [oldVersion],
  servedByCanaryLater: 0,
};
