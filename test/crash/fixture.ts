import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StrategyName } from '../../runbooks/runbook.ts';
import type { Blocks, Plane, TargetName } from './planes/plane.ts';

export const service = 'shop';
export const environment = 'production';
export const firstVersion = '1.0.0';

/** Length of a watch and of its one extension, in ms. */
export const watchMs = 3_000;
/** Percent of the traffic that the new version gets before its last step; 90 and then 100 follow. */
export const ramp = [20, 50] as const;

/**
 * Short settings, all of them by configuration: what takes minutes in production takes seconds here, in the same code.
 * A worker's death is noticed after 2 s, a lost write is tried again after 2 s.
 */
export const settings = {
  SLUICE_PORT: '0',
  SLUICE_LOG_LEVEL: 'info',
  SLUICE_HEARTBEAT: '2s',
  SLUICE_WRITE_TIMEOUT: '2s',
  SLUICE_STICKY_TIMEOUT: '1s',
} as const;
export const heartbeatMs = 2_000;
export const stickyMs = 1_000;

// A gate that 3 s of this traffic can satisfy: what the gate decides is not this lane's matter, but what becomes of it.
/** The strategies as this lane plays them: YAML of `strategy`, and of what else it needs. */
export const strategies = {
  recreate: `{ recreate: { watch: ${watchMs / 1000}s, ready: 30s } }`,
  rolling: `{ rolling: { maxSurge: 1, watch: ${watchMs / 1000}s, ready: 30s } }`,
  'blue-green': `{ blue-green: { watch: ${watchMs / 1000}s, ready: 30s } }`,
  canary: `{ canary: { steps: [${ramp.join(', ')}, 100], watch: ${watchMs / 1000}s, ready: 30s } }`,
  'feature-flag': `{ feature-flag: { flag: checkout-v2, steps: [${ramp[1]}, 100], watch: ${watchMs / 1000}s, deploy: { blue-green: { watch: ${watchMs / 1000}s, ready: 30s } } } }`,
} as const satisfies Readonly<Record<StrategyName, string>>;

const flag = {
  state: 'ENABLED',
  variants: { on: true, off: false },
  defaultVariant: 'off',
  targeting: {},
};

const serviceFile = (
  strategy: StrategyName,
  { keepWarm = '1h', ready = '30s' }: Usage,
  { block, source, queries }: Blocks,
): string => `apiVersion: sluice/v1
service: ${service}
owners: [team-crash]
artifact: { manifests: ./releases }
environments:
  ${environment}:
    target: ${block}
    strategy: ${strategies[strategy].replaceAll('ready: 30s', `ready: ${ready}`)}
    flags: { flagd: { file: ./flags.json } }
    smoke:
      - http: { path: /healthz, within: 2s }
      - http: { path: /smoke, within: 2s }
    gates:
      every: 250ms
      source: ${source}
      errors: { ${queries}max: 5%, margin: 5%, harm: 30% }
      onInconclusive: { extend: ${watchMs / 1000}s, then: ask }
    rollback: { keepWarm: ${keepWarm}, verify: 30s }
`;

/** How the next releases take over; unless said otherwise on the stand's own target, with one instance. */
export type Usage = {
  readonly target?: TargetName;
  readonly instances?: number;
  readonly keepWarm?: string;
  /** How long a new instance may take to be ready. */
  readonly ready?: string;
};

/** The files of one stand: service file, releases, practice file. */
export class Fixture {
  readonly folder: string;
  readonly services: string;
  readonly practice: string;
  #count = 0;
  readonly #plane: Plane;
  #instances = 1;
  readonly #sizes = new Map<string, number>();

  /** What the plane needs of it is there; the service file comes with `use`. */
  constructor(folder: string, plane: Plane) {
    this.folder = folder;
    this.#plane = plane;
    this.services = join(folder, 'services');
    this.practice = join(folder, 'practice.json');
    mkdirSync(join(this.services, 'releases'), { recursive: true });
    writeFileSync(this.practice, JSON.stringify({ services: plane.practice }));
    this.#release(firstVersion);
  }

  /** How long the old version stays ready after the promotions that follow, which are a canary's. */
  keepWarm(duration: string): void {
    this.use('canary', { keepWarm: duration });
  }

  /** By which strategy the next releases take over, and how; their flag is off. */
  use(strategy: StrategyName, usage: Usage = {}): void {
    const { instances = 1, target = this.#plane.target } = usage;
    this.#instances = instances;
    writeFileSync(join(this.services, 'flags.json'), JSON.stringify({ flags: { 'checkout-v2': flag } }));
    writeFileSync(
      join(this.services, `${service}.yml`),
      serviceFile(strategy, usage, this.#plane.blocks(target, instances)),
    );
  }

  /** A new release that never fails. Returns its version. */
  healthy(): string {
    return this.#release(this.#next());
  }

  /** A new release that fails every second request. */
  failing(): string {
    return this.#release(this.#next(), { errorRate: 0.5 });
  }

  /** One whose processes end as soon as they begin. */
  crashing(): string {
    return this.#release(this.#next(), { crash: { afterMs: 0 } });
  }

  /** One that never says that it is ready. */
  unready(): string {
    return this.#release(this.#next(), { readyAfterMs: 'never' });
  }

  /** One that is up and fails its smoke test. */
  unfit(): string {
    return this.#release(this.#next(), { routes: { '/smoke': { status: 500 } } });
  }

  /** Of how many instances that version is. */
  sizeOf(version: string): number {
    return this.#sizes.get(version) ?? 1;
  }

  #next(): string {
    this.#count += 1;
    return `1.${this.#count}.0`;
  }

  #release(version: string, more: object = {}): string {
    const manifest = {
      service,
      version,
      instances: this.#instances,
      errorRate: 0,
      latency: { medianMs: 2, p95Ms: 6 },
      readyAfterMs: 100,
      routes: { '/smoke': { status: 200 } },
      seed: 11,
      ...more,
    };
    writeFileSync(join(this.services, 'releases', `${version}.json`), JSON.stringify(manifest));
    this.#sizes.set(version, this.#instances);
    return version;
  }
}
