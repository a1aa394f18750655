import type { Load, Readings, ServiceView } from '../control.ts';
import { ClientWitness } from './clients.ts';
import type { EventWriter } from './event-writer.ts';
import { Faults } from './faults.ts';
import { Group } from './group.ts';
import { History } from './history.ts';
import { LoadGenerator } from './load-generator.ts';
import { ServiceProxy } from './proxy.ts';
import { Router } from './router.ts';
import type { ServiceRecord } from './state-file.ts';

/** One service as it runs: its groups, the proxy in front of them, and the generated traffic. */
export class PracticeService {
  readonly name: string;
  readonly clients = new ClientWitness();
  readonly faults = new Faults();
  readonly #log: EventWriter;
  readonly #router = new Router();
  readonly #proxy = new ServiceProxy(this.#router, (version) => this.faults.failing(version));
  readonly #groups = new Map<string, Group>();
  readonly history = new History(() => this.#allReadings());
  readonly #leaving = new Set<Promise<void>>();
  #generator: LoadGenerator | null = null;
  #port = 0;
  #weights = '{}';

  constructor(name: string, log: EventWriter) {
    this.name = name;
    this.#log = log;
  }

  /** Opens the way in. `null` chooses a free port; one that is taken is waited for as long as `patienceMs`. */
  async listen(port: number | null, patienceMs = 0): Promise<number> {
    this.#port = await this.#proxy.listen(port, patienceMs);
    return this.#port;
  }

  readyCount(version: string): number {
    return this.#groups.get(version)?.ready ?? 0;
  }

  /** Makes the groups and weights what the record says; what is so already stays untouched. */
  become(record: ServiceRecord): void {
    for (const wanted of record.groups) {
      const group = this.#groups.get(wanted.version) ?? new Group(this.name, wanted, this.#log);
      this.#groups.set(wanted.version, group);
      this.#leave(group.scale(wanted.instances ?? null));
    }
    this.#router.set(
      [...this.#groups.values()].map((group) => ({ group, weight: record.weights[group.version] ?? 0 })),
    );
    const weights = JSON.stringify(record.weights);
    if (weights !== this.#weights) {
      this.#weights = weights;
      this.#log.append({ event: 'weights', service: this.name, weights: record.weights });
    }
    for (const group of [...this.#groups.values()]) {
      if (record.groups.some((wanted) => wanted.version === group.version)) continue;
      this.#groups.delete(group.version);
      this.#leave(group.retire());
    }
  }

  /** Replaces the generated traffic. */
  drive(load: Load | null): void {
    if (this.#generator !== null) this.#leave(this.#generator.stop());
    this.#generator = null;
    if (load === null) return;
    this.#generator = new LoadGenerator(this.#port, load, this.clients, () => this.#router.open);
    this.#generator.start();
  }

  /** Ends the traffic, then the way in, then the processes, so that no request is lost. */
  async stop(): Promise<void> {
    this.history.stop();
    this.drive(null);
    await Promise.all(this.#leaving);
    await this.#proxy.close();
    await Promise.all([...this.#groups.values()].map((group) => group.retire()));
  }

  /** What ends in its own time, without holding up the next change. */
  #leave(ending: Promise<void>): void {
    const leaving: Promise<void> = ending.finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  view(record: ServiceRecord): ServiceView {
    const groups = [...this.#groups.values()];
    return {
      service: this.name,
      state: {
        groups: groups.map(({ version, digest, instances, ready }) => ({
          version,
          digest,
          instances: instances.length,
          ready,
        })),
        weights: record.weights,
        stable: record.stable,
        fence: record.fence,
      },
      proxy: `http://127.0.0.1:${String(this.#port)}`,
      load: record.load,
      instances: this.instances().map((instance) => ({
        id: instance.spec.id,
        version: instance.spec.version,
        pid: instance.pid,
        address: instance.port === null ? null : `http://127.0.0.1:${String(instance.port)}`,
        ready: instance.ready,
        restarts: instance.restarts,
        startedMs: instance.startedMs,
      })),
    };
  }

  instances() {
    return [...this.#groups.values()].flatMap((group) => group.instances);
  }

  #allReadings(): ReadonlyMap<string, Readings> {
    const now = new Map<string, Readings>();
    for (const version of this.#groups.keys()) {
      const readings = this.readings(version);
      if (readings !== null) now.set(version, readings);
    }
    return now;
  }

  /** `null`: no such version here. */
  readings(version: string): Readings | null {
    const group = this.#groups.get(version);
    if (group === undefined) return null;
    const { cpu, memory } = group.manifest;
    const gauges = { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
    return {
      atMs: Date.now(),
      instances: group.instances.map(({ spec, startedMs, restarts, counters }) => {
        const { le, count } = counters.latency();
        return {
          id: spec.id,
          startedMs,
          requests: counters.requests,
          errors: counters.errors,
          restarts,
          latency: { le: [...le], count: [...count] },
          gauges,
        };
      }),
    };
  }
}
