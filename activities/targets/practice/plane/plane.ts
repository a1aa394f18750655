import { setTimeout as delay } from 'node:timers/promises';
import type { Create, Fault, Load, PlaneHealth, PlaneRefusal, Write } from '../control.ts';
import { planeProtocol } from '../control.ts';
import type { EventWriter } from './event-writer.ts';
import { judge } from './judge.ts';
import { PracticeService } from './practice-service.ts';
import { Serial } from './serial.ts';
import { writeState } from './state-file.ts';
import type { LastWrite, ServiceRecord, ServiceRecords } from './state-file.ts';
import { messageOf } from '../system-code.ts';

export type Refused = { readonly status: number; readonly refusal: PlaneRefusal };
export type Found = { readonly service: PracticeService; readonly record: ServiceRecord };

const restoreWithinMs = 10_000;
/** A predecessor's last connections may hold its port for a moment. */
const portWithinMs = 5000;
const refused = (status: number, refusal: PlaneRefusal): Refused => ({ status, refusal });

/**
 * All services of one home. A change is judged, stored and put into effect as one, before the next is looked at, and
 * answered after that; what stands in the state file is what a successor brings back.
 */
export class Plane {
  readonly #statePath: string;
  readonly #log: EventWriter;
  readonly #startedMs = Date.now();
  readonly #changes = new Serial();
  readonly #services = new Map<string, PracticeService>();
  #records: ServiceRecords;
  #stopping = false;

  constructor(statePath: string, records: ServiceRecords, log: EventWriter) {
    this.#statePath = statePath;
    this.#records = records;
    this.#log = log;
  }

  /** Brings every stored service back: first its processes, then its way in, then its traffic. */
  async restore(): Promise<void> {
    const services = Object.keys(this.#records);
    this.#log.append({ event: 'plane-started', pid: process.pid, services });
    await Promise.all(
      Object.entries(this.#records).map(async ([name, record]) => {
        this.#witnessLast(name, record);
        const service = new PracticeService(name, this.#log);
        service.become(record);
        await this.#ready(service, record);
        await service.listen(record.port, portWithinMs);
        service.drive(record.load);
        this.#services.set(name, service);
      }),
    );
  }

  health(): PlaneHealth {
    const services = [...this.#services.keys()];
    return {
      protocol: planeProtocol,
      pid: process.pid,
      startedMs: this.#startedMs,
      stopping: this.#stopping,
      services,
    };
  }

  find(name: string): Found | null {
    const service = this.#services.get(name);
    const record = Object.hasOwn(this.#records, name) ? this.#records[name] : undefined;
    return service === undefined || record === undefined ? null : { service, record };
  }

  all(): readonly Found[] {
    return [...this.#services.keys()].map((name) => this.find(name)).filter((found) => found !== null);
  }

  /** Creates a service with nothing in it. One that is there is left as it is, if it has the port asked for. */
  create(name: string, wanted: Create): Promise<{ readonly created: boolean } | Refused> {
    return this.#change(async () => {
      const present = this.find(name);
      if (present !== null) {
        const { port } = present.record;
        if (wanted.port === undefined || wanted.port === port) return { created: false };
        const message = `${name} has the port ${String(port)} already, for good.`;
        return refused(422, { code: 'REFUSED', message, mend: 'Leave the port out.' });
      }
      const service = new PracticeService(name, this.#log);
      let port: number;
      try {
        port = await service.listen(wanted.port ?? null);
      } catch (error) {
        const message = messageOf(error);
        return refused(422, { code: 'REFUSED', message, mend: 'Choose another port, or leave it out.' });
      }
      const load = wanted.load ?? null;
      const record = { port, load, groups: [], weights: {}, stable: null, fence: 0, last: null };
      await this.#store(name, record);
      this.#services.set(name, service);
      this.#log.append({ event: 'service-created', service: name, port });
      if (load !== null) this.#log.append({ event: 'load', service: name, load });
      service.drive(load);
      return { created: true };
    });
  }

  setLoad(name: string, load: Load): Promise<Refused | null> {
    return this.#change(async () => {
      const found = this.find(name);
      if (found === null) return this.unknown(name);
      await this.#store(name, { ...found.record, load });
      this.#log.append({ event: 'load', service: name, load });
      found.service.drive(load);
      return null;
    });
  }

  setFault(name: string, fault: Fault): Refused | null {
    const found = this.find(name);
    if (found === null) return this.unknown(name);
    this.#log.append({ event: 'fault', service: name, fault });
    found.service.faults.set(fault);
    return null;
  }

  /** Judges a write when its turn has come, not when it came in. `null`: done, or done before. */
  async write(name: string, write: Write): Promise<Refused | null> {
    const arrived = this.find(name);
    if (arrived === null) return this.unknown(name);
    const line = { service: name, action: write.action, ...write.mark };
    this.#log.append({ event: 'received', ...line });
    const heldMs = arrived.service.faults.takeDelay(write.action.do);
    if (heldMs > 0) await delay(heldMs);
    return this.#change(async () => {
      const { service, record } = this.find(name) ?? arrived;
      const judgement = judge(name, record, write, (version) => service.readyCount(version));
      switch (judgement.outcome) {
        case 'applied':
          await this.#store(name, judgement.next);
          service.become(judgement.next);
          this.#log.append({ event: 'applied', ...line });
          return null;
        case 'repeated':
          this.#log.append({ event: 'repeated', ...line });
          return null;
        case 'fenced': {
          const { highest, why } = judgement;
          this.#log.append({ event: 'fenced', ...line, highest, why });
          const mend = 'Leave the target to the newer writer.';
          return refused(409, { code: 'FENCED', message: why, mend });
        }
        case 'refused': {
          const { code, why, mend } = judgement;
          const last: LastWrite = { ...write.mark, action: write.action, outcome: 'refused' };
          await this.#store(name, { ...record, fence: write.mark.fence, last });
          this.#log.append({ event: 'refused', ...line, code, why });
          return refused(422, { code, message: why, mend });
        }
        default:
          return judgement satisfies never;
      }
    });
  }

  /** Lets the change under way finish, takes no more, and ends everything in order. */
  stop(): Promise<void> {
    return this.#changes.run(async () => {
      this.#stopping = true;
      this.#log.append({ event: 'plane-stopping', pid: process.pid });
      await Promise.all([...this.#services.values()].map((service) => service.stop()));
    });
  }

  unknown(name: string): Refused {
    const message = `The practice plane has no service ${JSON.stringify(name)}.`;
    return refused(404, {
      code: 'SERVICE_UNKNOWN',
      message,
      mend: 'Add it to the practice file, or create it.',
    });
  }

  #change<T>(task: () => Promise<T>): Promise<T | Refused> {
    const message = 'The practice plane is stopping.';
    return this.#changes.run<T | Refused>(async () =>
      this.#stopping ? refused(503, { code: 'INTERNAL', message }) : task(),
    );
  }

  async #store(name: string, record: ServiceRecord): Promise<void> {
    const next = { ...this.#records, [name]: record };
    await writeState(this.#statePath, next);
    this.#records = next;
  }

  /** A predecessor killed between storing a write and logging it left the log one line short. */
  #witnessLast(service: string, { last }: ServiceRecord): void {
    if (last === null || last.outcome !== 'applied') return;
    const { outcome: _applied, ...line } = last;
    const logged = this.#log.earlier.some(
      (event) => event.event === 'applied' && event.service === service && event.fence === last.fence,
    );
    if (!logged) this.#log.append({ event: 'applied', service, ...line, restored: true });
  }

  /** Bounded: a version that never becomes ready must not keep the others from coming back. */
  async #ready(service: PracticeService, record: ServiceRecord): Promise<void> {
    const deadline = Date.now() + restoreWithinMs;
    const isStopped = (version: string): boolean =>
      record.groups.some((group) => group.version === version && group.instances === 0);
    const isReady = ([version, weight]: [string, number]): boolean =>
      weight === 0 || isStopped(version) || service.readyCount(version) > 0;
    while (Date.now() < deadline && !Object.entries(record.weights).every(isReady)) await delay(25);
  }
}
