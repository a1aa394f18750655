import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

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
const serviceFile = (keepWarm: string): string => `apiVersion: sluice/v1
service: ${service}
owners: [team-crash]
artifact: { manifests: ./releases }
environments:
  ${environment}:
    target: { practice: {} }
    strategy: { canary: { steps: [${ramp.join(', ')}, 100], watch: ${watchMs / 1000}s, ready: 30s } }
    smoke:
      - http: { path: /healthz, within: 2s }
    gates:
      every: 250ms
      errors: { max: 5%, margin: 5%, harm: 30% }
      onInconclusive: { extend: ${watchMs / 1000}s, then: ask }
      holdBack: 10%
    rollback: { keepWarm: ${keepWarm}, verify: 30s }
`;

const practiceFile = {
  services: [
    {
      service,
      version: firstVersion,
      manifests: './services/releases',
      load: { rate: 100, posts: 0, seed: 7 },
    },
  ],
};

/** The files of one stand: service file, releases, practice file. */
export class Fixture {
  readonly folder: string;
  readonly services: string;
  readonly practice: string;
  #count = 0;

  constructor(folder: string) {
    this.folder = folder;
    this.services = join(folder, 'services');
    this.practice = join(folder, 'practice.json');
    mkdirSync(join(this.services, 'releases'), { recursive: true });
    writeFileSync(this.practice, JSON.stringify(practiceFile));
    this.keepWarm('1h');
    this.#release(firstVersion, 0);
  }

  /** How long the old version stays ready after the promotions that follow. */
  keepWarm(duration: string): void {
    writeFileSync(join(this.services, `${service}.yml`), serviceFile(duration));
  }

  /** A new release that never fails. Returns its version. */
  healthy(): string {
    return this.#release(this.#next(), 0);
  }

  /** A new release that fails every second request. */
  failing(): string {
    return this.#release(this.#next(), 0.5);
  }

  #next(): string {
    this.#count += 1;
    return `1.${this.#count}.0`;
  }

  #release(version: string, errorRate: number): string {
    const manifest = {
      service,
      version,
      instances: 1,
      errorRate,
      latency: { medianMs: 2, p95Ms: 6 },
      readyAfterMs: 100,
      seed: 11,
    };
    writeFileSync(join(this.services, 'releases', `${version}.json`), JSON.stringify(manifest));
    return version;
  }
}
