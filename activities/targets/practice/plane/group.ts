import { parseManifest } from '../manifest.ts';
import type { Manifest } from '../manifest.ts';
import type { EventWriter } from './event-writer.ts';
import { Instance } from './instance.ts';
import type { ServiceRecord } from './state-file.ts';

type GroupRecord = ServiceRecord['groups'][number];

const drainMs = 10_000;

const leave = async (instances: readonly Instance[]): Promise<void> => {
  await Promise.all(
    instances.map(async (instance) => {
      await instance.idle(drainMs);
      await instance.stop();
    }),
  );
};

/** All instances of one version. */
export class Group {
  readonly version: string;
  readonly digest: string;
  readonly manifest: Manifest;
  readonly #service: string;
  readonly #record: GroupRecord;
  readonly #log: EventWriter;
  #instances: readonly Instance[] = [];
  #turn = 0;

  /** @throws Error if the text is no manifest: the judge lets none such in. */
  constructor(service: string, record: GroupRecord, log: EventWriter) {
    const parsed = parseManifest(record.text);
    if (!parsed.ok) throw new Error(`${service} ${record.version}: ${parsed.problems.join('; ')}`);
    this.version = record.version;
    this.digest = record.digest;
    this.manifest = parsed.manifest;
    this.#service = service;
    this.#record = record;
    this.#log = log;
  }

  get instances(): readonly Instance[] {
    return this.#instances;
  }

  get ready(): number {
    return this.instances.filter((instance) => instance.ready).length;
  }

  /**
   * Starts what is missing, and takes what is too much out of the traffic at once. Resolves when those that go have
   * finished their requests (10 s at most) and ended. `null`: as many as the manifest says.
   */
  async scale(wanted: number | null): Promise<void> {
    const count = wanted ?? this.manifest.instances;
    const going = this.#instances.slice(count);
    const kept = this.#instances.slice(0, count);
    const coming = Array.from({ length: count - kept.length }, (_, i) => this.#instance(kept.length + i));
    this.#instances = [...kept, ...coming];
    for (const instance of coming) instance.start();
    await leave(going);
  }

  #instance(index: number): Instance {
    const { version, text } = this.#record;
    const { seed } = this.manifest;
    const spec = {
      service: this.#service,
      version,
      id: `${version}-${String(index)}`,
      manifest: text,
      seed: seed === undefined ? Math.trunc(Math.random() * 0xffff_ffff) : seed + index,
    };
    return new Instance(spec, this.#log);
  }

  /** The next ready instance in turn, other than `except`. */
  nextReady(except: Instance | null = null): Instance | null {
    return this.#next((instance) => instance.ready && instance !== except);
  }

  /** The next instance in turn, ready or not: on whom a failure is booked when none is ready. */
  nextAny(): Instance | null {
    return this.#next(() => true);
  }

  /** Waits (10 s at most) for the requests under way, then ends the processes. No new ones may be sent here. */
  async retire(): Promise<void> {
    await leave(this.#instances);
  }

  #next(fits: (instance: Instance) => boolean): Instance | null {
    for (let step = 0; step < this.instances.length; step += 1) {
      const index = (this.#turn + step) % this.instances.length;
      const instance = this.instances[index];
      if (instance === undefined || !fits(instance)) continue;
      this.#turn = index + 1;
      return instance;
    }
    return null;
  }
}
