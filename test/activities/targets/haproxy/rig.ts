import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { haproxyTarget } from '../../../../activities/targets/haproxy/adapter.ts';
import type { Target } from '../../../../activities/targets/target.ts';
import type { TargetAction } from '../../../../runbooks/runbook.ts';
import type { HaproxyBlock } from '../../../../runbooks/targets/haproxy-block.ts';
import { haproxyBlock } from '../../../../runbooks/targets/haproxy-block.ts';
import type { HaproxyServer } from '../../../servers/start-haproxy.ts';
import { startHaproxy } from '../../../servers/start-haproxy.ts';

export const service = 'shop';
const app = path.resolve(import.meta.dirname, '../../../../examples/app');

export const until = async <T>(
  what: string,
  probe: () => Promise<T | null>,
  withinMs = 30_000,
): Promise<T> => {
  for (const deadline = Date.now() + withinMs; ;) {
    const found = await probe();
    if (found !== null) return found;
    if (Date.now() > deadline) throw new Error(`Not within ${String(withinMs)} ms: ${what}`);
    await pause(20);
  }
};

type Manifest = Readonly<Record<string, unknown>>;

/** A real HAProxy, real instances of the examples' application, and the adapter between them. */
export class Rig {
  readonly haproxy: HaproxyServer;
  readonly folder: string;
  readonly block: HaproxyBlock;
  readonly target: Target;
  #fence = 0;

  private constructor(haproxy: HaproxyServer, folder: string, change: object) {
    this.haproxy = haproxy;
    this.folder = folder;
    const run = path.join(folder, 'run');
    this.block = haproxyBlock.parse({
      socket: haproxy.socket,
      backend: haproxy.backend,
      state: haproxy.state,
      instances: 2,
      start: [process.execPath, `${app}/start.mjs`, run, '{instance}', '{digest}', '{artifact}'],
      stop: [process.execPath, `${app}/stop.mjs`, run, '{instance}'],
      ready: { digest: 'x-digest' },
      within: '60s',
      directory: folder,
      ...change,
    });
    this.target = haproxyTarget(this.block, 'production');
  }

  static async start(servers = 8, change: object = {}): Promise<Rig> {
    const haproxy = await startHaproxy({ servers });
    return new Rig(haproxy, await mkdtemp(path.join(tmpdir(), 'sluice-haproxy-rig-')), change);
  }

  /** With a block that differs, on the same HAProxy and state. */
  other(change: Partial<HaproxyBlock>): Target {
    return haproxyTarget({ ...this.block, ...change }, 'production');
  }

  get fence(): number {
    return this.#fence;
  }

  /** A fence above all that were used, by so many. */
  next(by: number): number {
    return (this.#fence += by);
  }

  async write(action: TargetAction, manifest: Manifest = {}, fence = (this.#fence += 1)): Promise<void> {
    const mark = { rolloutId: 'r1', key: `r1/${String(fence)}`, fence };
    if (action.do !== 'deploy') {
      await this.target.apply(service, action, mark);
      return;
    }
    const artifact = this.artifact(action.release.version, manifest);
    await this.target.apply(service, action, mark, artifact);
  }

  artifact(version: string, manifest: Manifest = {}): { readonly digest: string; readonly text: string } {
    const text = JSON.stringify({ service, version, latency: { medianMs: 5, p95Ms: 20 }, ...manifest });
    return { text, digest: `sha256:${createHash('sha256').update(text).digest('hex')}` };
  }

  async deploy(version: string, manifest: Manifest = {}, instances?: number): Promise<void> {
    const { digest } = this.artifact(version, manifest);
    await this.write({ do: 'deploy', release: { version, digest }, instances }, manifest);
    await this.ready(version);
  }

  async ready(version: string): Promise<void> {
    await until(`${version} is ready`, async () => {
      const group = (await this.target.observe(service)).groups.find((known) => known.version === version);
      return group !== undefined && group.instances > 0 && group.ready === group.instances ? group : null;
    });
  }

  shift(weights: Readonly<Record<string, number>>): Promise<void> {
    return this.write({ do: 'shift', weights });
  }

  /** Processes of instances that live. */
  living(): readonly string[] {
    const run = path.join(this.folder, 'run');
    return readdirSync(run)
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length))
      .sort();
  }

  async stop(): Promise<void> {
    await this.haproxy.stop();
    const run = path.join(this.folder, 'run');
    for (const instance of this.livingIfAny()) {
      const { pid } = JSON.parse(readFileSync(path.join(run, `${instance}.json`), 'utf8')) as { pid: number };
      process.kill(pid, 'SIGKILL');
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  private livingIfAny(): readonly string[] {
    return readdirSync(this.folder).includes('run') ? this.living() : [];
  }
}
