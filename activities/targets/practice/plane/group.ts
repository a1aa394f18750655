import { parseManifest } from '../manifest.ts';
import type { Manifest } from '../manifest.ts';
import type { EventWriter } from './event-writer.ts';
import { Instance } from './instance.ts';
import type { ServiceRecord } from './state-file.ts';

type GroupRecord = ServiceRecord['groups'][number];

const drainMs = 10_000;

/** All instances of one version. */
export class Group {
  readonly version: string;
  readonly digest: string;
  readonly manifest: Manifest;
  readonly instances: readonly Instance[];
  #turn = 0;

  /** @throws Error if the text is no manifest: the judge lets none such in. */
  constructor(service: string, record: GroupRecord, log: EventWriter) {
    const parsed = parseManifest(record.text);
    if (!parsed.ok) throw new Error(`${service} ${record.version}: ${parsed.problems.join('; ')}`);
    this.version = record.version;
    this.digest = record.digest;
    this.manifest = parsed.manifest;
    const { seed } = parsed.manifest;
    this.instances = Array.from({ length: parsed.manifest.instances }, (_, index) => {
      const spec = {
        service,
        version: record.version,
        id: `${record.version}-${String(index)}`,
        manifest: record.text,
        seed: seed === undefined ? Math.trunc(Math.random() * 0xffff_ffff) : seed + index,
      };
      return new Instance(spec, log);
    });
  }

  get ready(): number {
    return this.instances.filter((instance) => instance.ready).length;
  }

  start(): void {
    for (const instance of this.instances) instance.start();
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
    await Promise.all(
      this.instances.map(async (instance) => {
        await instance.idle(drainMs);
        await instance.stop();
      }),
    );
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
