import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const environment = 'production';
export const oldVersion = '1.0.0';

/** How one practice service of a test is declared; what is left out is quick, healthy and short. */
export type ServiceSpec = {
  readonly name: string;
  /** Percent of the traffic, step by step. */
  readonly steps?: readonly number[];
  /** Durations as the service file writes them. */
  readonly watch?: string;
  readonly ready?: string;
  readonly keepWarm?: string;
  readonly held?: string;
  readonly noData?: string;
  /** Once more before a person is asked; left out, a person is asked at once. */
  readonly extend?: string;
  /** YAML in flow style; default: /healthz. */
  readonly smoke?: string;
};

const serviceFile = (spec: ServiceSpec): string => `apiVersion: sluice/v1
service: ${spec.name}
owners: [team-test]
artifact: { manifests: ./releases/${spec.name} }
environments:
  ${environment}:
    target: { practice: {} }
    strategy:
      canary: { steps: [${(spec.steps ?? [50, 100]).join(', ')}], watch: ${spec.watch ?? '3s'}, ready: ${spec.ready ?? '30s'} }
    smoke: ${spec.smoke ?? '[{ http: { path: /healthz, within: 5s } }]'}
    gates:
      every: 500ms
      errors: { max: 2% }
      onInconclusive: { ${spec.extend === undefined ? '' : `extend: ${spec.extend}, `}then: ask }
      holdBack: 10%
    rollback: { keepWarm: ${spec.keepWarm ?? '1h'}, verify: 30s }
    held: ${spec.held ?? '1h'}
    noData: ${spec.noData ?? '1h'}
`;

export type Overrides = Readonly<Record<string, unknown>>;

/** Services folder, releases and practice file of one daemon. */
export class Files {
  readonly services: string;
  readonly practice: string;

  /** The daemon brings all of them up at `oldVersion`, without traffic from clients. */
  constructor(folder: string, specs: readonly ServiceSpec[]) {
    this.services = path.join(folder, 'services');
    this.practice = path.join(folder, 'practice.json');
    mkdirSync(this.services, { recursive: true });
    for (const spec of specs) {
      writeFileSync(path.join(this.services, `${spec.name}.yml`), serviceFile(spec));
      this.release(spec.name, oldVersion);
    }
    const services = specs.map(({ name }) => ({
      service: name,
      version: oldVersion,
      manifests: `./services/releases/${name}`,
    }));
    writeFileSync(this.practice, JSON.stringify({ services }));
  }

  /** Writes the manifest of one release: healthy and quick, unless overridden. */
  release(service: string, version: string, overrides: Overrides = {}): void {
    const manifest = { service, version, latency: { medianMs: 2, p95Ms: 6 }, ...overrides };
    const folder = path.join(this.services, 'releases', service);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, `${version}.json`), JSON.stringify(manifest));
  }
}
