import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach } from '@jest/globals';
import type { TargetAction } from '../../../../runbooks/runbook.ts';
import { practiceTarget } from '../../../../activities/targets/practice/adapter.ts';
import { digestOf } from '../../../../activities/targets/practice/artifact.ts';
import { callPlane } from '../../../../activities/targets/practice/control-client.ts';
import type { PlaneAnswer, PlaneCall } from '../../../../activities/targets/practice/control-client.ts';
import { clientsSchema, serviceViewSchema } from '../../../../activities/targets/practice/control.ts';
import type {
  ClientSeconds,
  Create,
  Fault,
  Load,
  ServiceView,
} from '../../../../activities/targets/practice/control.ts';
import { readPracticeEvents } from '../../../../activities/targets/practice/event-log.ts';
import type { PracticeEvent } from '../../../../activities/targets/practice/event-log.ts';
import { ensurePlane, stopPlane } from '../../../../activities/targets/practice/lifecycle.ts';
import { systemCode } from '../../../../activities/targets/practice/system-code.ts';
import type { Target } from '../../../../activities/targets/target.ts';

type Nothing = null | undefined | false;

/** Awaits a condition; generous, because it is a deadline for a hung program, not a measure of its speed. */
export const until = async <T>(
  what: string,
  probe: () => Promise<T | Nothing> | T | Nothing,
  withinMs = 30_000,
): Promise<T> => {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await probe();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`Not within ${String(withinMs)} ms: ${what}`);
    await delay(20);
  }
};

const homes = new Set<string>();
const planes = new Set<number>();

const killHard = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
};

// Should a test be cut off half-way, its planes end with this process; their instances end with them.
process.on('exit', () => planes.forEach(killHard));

/** A fresh folder whose plane, if any, is stopped after the test. `prefix` may make the path long. */
export const freshHome = async (prefix = 'practice-'): Promise<string> => {
  const home = await mkdtemp(join(tmpdir(), prefix));
  homes.add(home);
  return home;
};

afterEach(async () => {
  try {
    await Promise.all([...homes].map((home) => stopPlane(home)));
  } finally {
    planes.forEach(killHard);
    planes.clear();
    await Promise.all([...homes].map((home) => rm(home, { recursive: true, force: true })));
    homes.clear();
  }
});

export type Reply = { readonly status: number; readonly by: string; readonly body: string };

export const ask = (base: string, path = '/', method = 'GET', body?: string): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const outgoing = request(new URL(path, base), { method, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => (text += chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const by = answer.headers['x-served-by'];
        resolve({ status: answer.statusCode ?? 0, by: typeof by === 'string' ? by : '', body: text });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });

export type Overrides = Readonly<Record<string, unknown>>;

/** Text and digest of a manifest of `shop` that is quick and never fails, unless overridden. */
export const manifestOf = (version: string, overrides: Overrides = {}) => {
  const text = JSON.stringify({
    service: 'shop',
    version,
    latency: { medianMs: 1, p95Ms: 2 },
    seed: 1,
    ...overrides,
  });
  return { text, digest: digestOf(text) };
};

/** A plane on a machine with much to do answers late: how fast it does is not what these tests are about. */
const patientMs = 30_000;

/** A plane with the service `shop`, and what tests do to it. Fences rise by themselves unless given. */
export class PracticeRig {
  readonly home: string;
  #target: Target;
  #pid = 0;
  #fence = 0;

  private constructor(home: string) {
    this.home = home;
    this.#target = practiceTarget(home, { timeoutMs: patientMs });
  }

  static async start(home?: string): Promise<PracticeRig> {
    const rig = new PracticeRig(home ?? (await freshHome()));
    await rig.ensure();
    return rig;
  }

  #call(call: Omit<PlaneCall, 'timeoutMs'>): Promise<PlaneAnswer> {
    return callPlane(this.home, { ...call, timeoutMs: patientMs });
  }

  get target(): Target {
    return this.#target;
  }

  /** From here on it waits for the plane as long as the product does, and no longer: 2 s. */
  hurry(): void {
    this.#target = practiceTarget(this.home);
  }

  get pid(): number {
    return this.#pid;
  }

  async ensure(): Promise<{ readonly pid: number; readonly adopted: boolean }> {
    const plane = await ensurePlane(this.home, { logFile: join(this.home, 'plane.log') });
    this.#pid = plane.pid;
    planes.add(plane.pid);
    return plane;
  }

  kill(): void {
    killHard(this.#pid);
    planes.delete(this.#pid);
  }

  async create(wanted: Partial<Create> = {}): Promise<void> {
    const answer = await this.#call({ method: 'PUT', path: '/services/shop', body: wanted });
    if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
  }

  async load(load: Partial<Load>): Promise<void> {
    const answer = await this.#call({ method: 'PUT', path: '/services/shop/load', body: load });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  }

  async fault(fault: Fault): Promise<void> {
    const answer = await this.#call({ method: 'POST', path: '/services/shop/faults', body: fault });
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  }

  /** One write with the next fence, or with the given one; the key names the fence. */
  async write(
    action: TargetAction,
    fence = this.#fence + 1,
    artifact?: { digest: string; text: string },
  ): Promise<void> {
    this.#fence = Math.max(this.#fence, fence);
    await this.#target.apply(
      'shop',
      action,
      { rolloutId: 'r1', key: `r1/${String(fence)}`, fence },
      artifact,
    );
  }

  async deploy(version: string, overrides: Overrides = {}): Promise<void> {
    const { text, digest } = manifestOf(version, overrides);
    await this.write({ do: 'deploy', release: { version, digest } }, undefined, { text, digest });
  }

  async ready(version: string): Promise<void> {
    await until(`${version} is ready`, async () => {
      const { groups } = await this.target.observe('shop');
      return groups.some((group) => group.version === version && group.ready === group.instances);
    });
  }

  /** Deploys, waits, gives it all traffic and promotes it. */
  async establish(version: string, overrides: Overrides = {}): Promise<void> {
    await this.deploy(version, overrides);
    await this.ready(version);
    await this.write({ do: 'shift', weights: { [version]: 100 } });
    await this.write({ do: 'promote', version });
  }

  async view(): Promise<ServiceView> {
    const answer = await this.#call({ method: 'GET', path: '/services/shop' });
    return serviceViewSchema.parse(answer.body);
  }

  async clients(): Promise<ClientSeconds['seconds']> {
    const answer = await this.#call({ method: 'GET', path: '/services/shop/clients' });
    return clientsSchema.parse(answer.body).seconds;
  }

  events(): Promise<readonly PracticeEvent[]> {
    return readPracticeEvents(this.home);
  }
}

/** Whether nothing listens at the address any more: its process is gone. */
export const isGone = async (address: string): Promise<boolean> => {
  try {
    await ask(address, '/livez');
    return false;
  } catch (error) {
    return systemCode(error) === 'ECONNREFUSED';
  }
};
