import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { z } from 'zod';
import { practiceTarget } from '../../activities/targets/practice/adapter.ts';
import { callPlane } from '../../activities/targets/practice/control-client.ts';
import type { Fault } from '../../activities/targets/practice/control.ts';
import type { EventType } from '../../runbooks/events.ts';
import type { TargetState } from '../../runbooks/runbook.ts';
import type { RolloutView, StoredEvent } from '../../src/store/views.ts';
import { practiceHome } from '../../worker/targets.ts';
import type { ServerRecord } from '../../worker/temporal-process.ts';
import { readRecord } from '../../worker/temporal-process.ts';
import { ApiClient } from './api-client.ts';
import { DaemonProcess } from './daemon-process.ts';
import { Fixture, service, settings } from './fixture.ts';
import { haproxyPlane } from './planes/haproxy.ts';
import type { Plane, WitnessEvent } from './planes/plane.ts';
import { practicePlane } from './planes/practice.ts';
import type { CrashPlan } from './plan.ts';
import { writePlan } from './plan.ts';
import type { TraceLine } from './trace.ts';
import { readTrace } from './trace.ts';
import { until } from './until.ts';

/** A data folder of its own with everything that lives in it: daemon, Temporal, practice service under load. */
export class Stand {
  readonly folder: string;
  readonly fixture: Fixture;
  readonly daemon: DaemonProcess;
  readonly api: ApiClient;
  readonly home: string;
  readonly #crash: string;
  readonly #log: string;
  readonly plane: Plane;

  /** The files; nothing runs yet. `on`: what ships its releases. */
  constructor(folder: string, on: 'practice' | 'haproxy') {
    this.folder = folder;
    this.home = join(folder, 'home');
    this.plane = on === 'haproxy' ? haproxyPlane(folder) : practicePlane(practiceHome(this.home));
    this.#crash = join(folder, 'crash');
    this.#log = join(folder, 'daemon.log');
    mkdirSync(this.#crash, { recursive: true });
    this.fixture = new Fixture(folder, this.plane);
    this.daemon = new DaemonProcess({
      crash: this.#crash,
      logFile: this.#log,
      env: {
        ...withoutOurs(process.env),
        ...settings,
        SLUICE_HOME: this.home,
        SLUICE_SERVICES: this.fixture.services,
        SLUICE_PRACTICE: this.fixture.practice,
        // One for every stand and every life: compiling is what a start takes longest for.
        NODE_COMPILE_CACHE: join(dirname(folder), 'compile-cache'),
      },
    });
    this.api = new ApiClient(this.home, () => this.daemon.check());
  }

  /** Brings everything up, with the first version recorded as good. */
  async open(): Promise<void> {
    await this.plane.open();
    this.fixture.use('canary');
    await this.daemon.up();
    await this.api.adopt();
  }

  /** From now on the daemon is killed where the plan says. */
  plan(plan: CrashPlan): void {
    writePlan(this.#crash, plan);
  }

  trace(): readonly TraceLine[] {
    return readTrace(this.#crash);
  }

  /** Everything that was done to the plane after its event `after`. */
  witnessed(after = 0): Promise<readonly WitnessEvent[]> {
    return this.plane.events(after);
  }

  async fault(fault: Fault): Promise<void> {
    const path = `/services/${service}/faults`;
    const { status, body } = await callPlane(practiceHome(this.home), { method: 'POST', path, body: fault });
    if (status !== 200) throw new Error(`The plane refuses the fault: ${JSON.stringify(body)}`);
  }

  /** What runs, as the practice plane says. */
  observe(): Promise<TargetState> {
    return practiceTarget(practiceHome(this.home)).observe(service);
  }

  /** The version that has all the traffic. @throws Error when it is split */
  async stable(): Promise<string> {
    const weights = await this.plane.weights();
    const [version, percent] = Object.entries(weights)[0] ?? [];
    if (version !== undefined && percent === 100) return version;
    throw new Error(`The traffic is ${JSON.stringify(weights)}, not all on one version.`);
  }

  async temporalRecord(): Promise<ServerRecord> {
    const record = await readRecord(join(this.home, 'temporal'));
    if (record !== null) return record;
    throw new Error('The data folder has no record of a Temporal server.');
  }

  /** Process id of the daemon that has opened the ledger; `null`: none has. */
  owner(): number | null {
    const card = join(this.home, 'ledger', 'owner.json');
    if (!existsSync(card)) return null;
    return z.object({ pid: z.int() }).parse(JSON.parse(readFileSync(card, 'utf8'))).pid;
  }

  /** Speaks to Temporal as a person with its command line would, past Sluice. */
  async temporal<T>(use: (client: Client) => Promise<T>): Promise<T> {
    const { port } = await this.temporalRecord();
    const connection = await Connection.connect({ address: `127.0.0.1:${port}` });
    try {
      return await use(new Client({ connection }));
    } finally {
      await connection.close();
    }
  }

  /** Waits until the rollout is in the state that `is` asks for. */
  async reaches(id: string, what: string, is: (view: RolloutView) => boolean): Promise<RolloutView> {
    let last: RolloutView | null = null;
    return until(
      `rollout ${id} ${what}`,
      async () => {
        last = await this.api.rollout(id);
        return is(last) ? last : null;
      },
      {
        everyMs: 100,
        seen: () => `It was ${last?.state ?? 'unknown'}.`,
        moving: () => `${last?.position ?? 0}/${this.trace().length}`,
      },
    );
  }

  /**
   * Waits for the end. A watch that was blind for too long asks a person, who says that it may go on: being asked is
   * right after a crash, and what counts here is what happens then.
   */
  async ended(id: string): Promise<RolloutView> {
    return this.passes(id, 'ends', ({ endedAt }) => endedAt !== null);
  }

  /** Waits until it is as `is` asks, and lets it go on wherever it asks. */
  async passes(id: string, what: string, is: (view: RolloutView) => boolean): Promise<RolloutView> {
    for (;;) {
      const view = await this.reaches(id, what, (seen) => is(seen) || seen.state === 'inconclusive');
      if (is(view)) return view;
      await this.#accept(id, view.position);
      await this.reaches(id, 'goes on', (seen) => seen.state !== 'inconclusive');
    }
  }

  /** Metrics that are back may have ended the question before its answer came. */
  async #accept(id: string, position: number): Promise<void> {
    try {
      await this.api.say(id, 'accept', `accept-${position}`);
    } catch (error) {
      if (!String(error).includes('COMMAND_REFUSED')) throw error;
    }
  }

  /** Waits until the ledger has an event of that type in the rollout's story. */
  async story(id: string, type: EventType): Promise<StoredEvent> {
    return until(`an event ${type} of ${id}`, async () =>
      (await this.api.events(id)).find(({ body }) => body.type === type),
    );
  }

  /** In order. Rejects where the daemon has to be forced. */
  async close(): Promise<void> {
    try {
      await this.daemon.stop();
    } finally {
      await this.plane.close();
    }
  }

  /** The end of the daemon's log, without its answers to the lane's own questions. */
  log(lines = 15): string {
    const all = readFileSync(this.#log, 'utf8').trimEnd().split('\n');
    const telling = all.filter((line) => !line.includes('"msg":"answered"'));
    return telling
      .slice(-lines)
      .map((line) => line.slice(0, 400))
      .join('\n');
  }
}

/** The developer's own settings must not become the daemon's; which Temporal to run is the machine's matter. */
const withoutOurs = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(env).filter(
      ([name]) =>
        name === 'SLUICE_TEMPORAL_CLI' || !(name.startsWith('SLUICE_') || name.startsWith('TEMPORAL_')),
    ),
  );
