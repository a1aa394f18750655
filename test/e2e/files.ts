import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const environment = 'production';
export const oldVersion = '1.0.0';

/** How one practice service of a test is declared; what is left out is quick, healthy and short. */
export type ServiceSpec = {
  readonly name: string;
  /** Another strategy than the canary, YAML in flow style. */
  readonly strategy?: string;
  /** Where its flags are kept, YAML in flow style. */
  readonly flags?: string;
  /** Share held back in the last watch; default 10% for a canary, else none. */
  readonly holdBack?: string;
  /** What the first release's manifest says besides. */
  readonly first?: Overrides;
  /** Percent of the traffic, step by step. */
  readonly steps?: readonly number[];
  /** Durations as the service file writes them. */
  readonly watch?: string;
  readonly ready?: string;
  readonly keepWarm?: string;
  readonly held?: string;
  /** When a step is stuck, YAML in flow style. */
  readonly stuck?: string;
  /** A deploy that is asked for while another one runs; default: refused. */
  readonly onNewer?: 'queue' | 'supersede';
  readonly noData?: string;
  /** Once more before a person is asked; left out, a person is asked at once. */
  readonly extend?: string;
  /** What a watch too short for its traffic leads to; default: warn. */
  readonly window?: 'refuse';
  /** YAML in flow style; default: /healthz. */
  readonly smoke?: string;
  /** YAML in flow style; left out, nobody is paged. */
  readonly page?: string;
  /** YAML in flow style; left out, its rollouts are shown nowhere. */
  readonly slack?: string;
  /** Who has to approve it before anything runs, YAML in flow style; left out, nobody. */
  readonly approval?: string;
  /** When nothing is begun, or goes on, YAML in flow style; left out, never. */
  readonly freeze?: string;
  /** Who may say what, YAML in flow style; left out, the operator alone. */
  readonly access?: string;
  /** The gates block, instead of one that reads the practice service every half second. */
  readonly gates?: Readonly<Record<string, unknown>>;
};

const canary = (spec: ServiceSpec): string =>
  `{ canary: { steps: [${(spec.steps ?? [50, 100]).join(', ')}], watch: ${spec.watch ?? '3s'}, ready: ${spec.ready ?? '30s'} } }`;

const standardGates = (spec: ServiceSpec): string => `
      every: 500ms
      errors: { max: 2% }
      onInconclusive: { extend: ${spec.extend ?? '0s'}, then: ask }
${spec.window === undefined ? '' : `      window: ${spec.window}\n`}${spec.holdBack === undefined ? '' : `      holdBack: ${spec.holdBack}\n`}`;

const serviceFile = (spec: ServiceSpec): string => `apiVersion: sluice/v1
service: ${spec.name}
owners: [team-test]
artifact: { manifests: ./releases/${spec.name} }
environments:
  ${environment}:
    target: { practice: {} }
    strategy: ${spec.strategy ?? canary(spec)}
${spec.flags === undefined ? '' : `    flags: ${spec.flags}\n`}    smoke: ${spec.smoke ?? '[{ http: { path: /healthz, within: 5s } }]'}
    gates:${spec.gates === undefined ? standardGates(spec) : ` ${JSON.stringify(spec.gates)}\n`}    rollback: { keepWarm: ${spec.keepWarm ?? '1h'}, verify: 30s }
    held: ${spec.held ?? '1h'}
    stuck: ${spec.stuck ?? '{}'}
    onNewer: ${spec.onNewer ?? 'refuse'}
    noData: ${spec.noData ?? '1h'}
${spec.approval === undefined ? '' : `    approval: ${spec.approval}\n`}${spec.page === undefined ? '' : `    page: ${spec.page}\n`}${spec.slack === undefined ? '' : `    slack: ${spec.slack}\n`}${spec.freeze === undefined ? '' : `    freeze: ${spec.freeze}\n`}${spec.access === undefined ? '' : `access: ${spec.access}\n`}`;

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
      this.declare(spec);
      this.release(spec.name, oldVersion, spec.first);
    }
    const services = specs.map(({ name }) => ({
      service: name,
      version: oldVersion,
      manifests: `./services/releases/${name}`,
    }));
    writeFileSync(this.practice, JSON.stringify({ services }));
  }

  /** Writes the service file, also of one that is declared otherwise already: the next rollout reads it. */
  declare(spec: ServiceSpec): void {
    writeFileSync(path.join(this.services, `${spec.name}.yml`), serviceFile(spec));
  }

  /** Who is who besides the operator: counts at once. */
  access(text: string): void {
    writeFileSync(path.join(this.services, 'access.yml'), text);
  }

  /** Writes the manifest of one release: healthy and quick, unless overridden. */
  release(service: string, version: string, overrides: Overrides = {}): void {
    const manifest = { service, version, latency: { medianMs: 2, p95Ms: 6 }, ...overrides };
    const folder = path.join(this.services, 'releases', service);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, `${version}.json`), JSON.stringify(manifest));
  }
}
