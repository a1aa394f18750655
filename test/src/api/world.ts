import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { SluiceError } from '../../../runbooks/errors.ts';
import type { ApiDeps } from '../../../src/api/server.ts';
import { createApi } from '../../../src/api/server.ts';
import type { Rollouts } from '../../../src/rollouts/facade.ts';
import type { Ledger } from '../../../src/store/ledger.ts';
import { openLedger } from '../../../src/store/open.ts';
import { layLedger } from '../../servers/ledger-template.ts';
import type { Story } from './story.ts';
import { toWrite } from './story.ts';

export const token = 'test-token-0123456789';

/** A façade whose starts and commands are scripted by the test; what is read comes from the real ledger. */
type Script = { -readonly [Name in keyof Rollouts]: Rollouts[Name] };

export type World = {
  readonly ledger: Ledger;
  readonly script: Script;
  /** Lines of the log, as pino wrote them. */
  readonly log: string[];
  readonly deps: ApiDeps;
  /** An API of its own on the same ledger, closed with the world. */
  api(changes?: Partial<ApiDeps>): FastifyInstance;
  /** Writes the story's events that are not in the ledger yet. */
  tell(story: Story): Promise<void>;
  close(): Promise<void>;
};

const unscripted = (name: string) => (): never => {
  throw new Error(`${name} is not scripted in this test`);
};

/** An API on a real ledger of its own. */
export const openWorld = async (): Promise<World> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-api-'));
  const ledger = await openLedger(await layLedger(folder));
  return worldOn(ledger, async () => {
    await ledger.close();
    await rm(folder, { recursive: true, force: true });
  });
};

/** For tests of what never reaches the ledger: one that is empty, and opens in no time. */
export const openBareWorld = (): World => {
  const bare: Partial<Ledger> = {
    head: async () => ({ position: 0, hash: '0'.repeat(64) }),
    subscribe: () => () => undefined,
    openRollouts: async () => [],
    rollouts: async () => [],
    rollout: async () => null,
    lastGood: async () => null,
  };
  const ledger = new Proxy(bare, {
    get: (target, name) => {
      const found: unknown = Reflect.get(target, name);
      if (found === undefined) throw new Error(`${String(name)} of the ledger is not part of this test`);
      return found;
    },
  }) as Ledger;
  return worldOn(ledger, async () => undefined);
};

const worldOn = (ledger: Ledger, closeLedger: () => Promise<void>): World => {
  const script = scriptOn(ledger);
  const log: string[] = [];
  const deps: ApiDeps = {
    rollouts: new Proxy(script, {}),
    ledger,
    recordings: { get: () => Promise.reject(new Error('no recording is part of this test')) },
    paging: { url: 'http://127.0.0.1:9', publicUrl: null, webhookSecrets: [], env: {} },
    token,
    version: '1.2.3',
    ready: async () => ({ ready: true, checks: [] }),
    doctor: async () => ({ ok: true, checks: [{ name: 'ledger', ok: true, says: 'answers', mend: null }] }),
    log: pino({ level: 'debug' }, { write: (line: string) => void log.push(line) }),
  };
  const apis: FastifyInstance[] = [];
  return {
    ledger,
    script,
    log,
    deps,
    api: (changes = {}) => {
      const api = createApi({ ...deps, ...changes });
      apis.push(api);
      return api;
    },
    tell: async (story) => {
      await ledger.append(toWrite(story.events));
    },
    close: async () => {
      for (const api of apis) await api.close();
      await closeLedger();
    },
  };
};

const scriptOn = (ledger: Ledger): Script => ({
  deploy: unscripted('deploy'),
  rollback: unscripted('rollback'),
  flag: unscripted('flag'),
  plan: unscripted('plan'),
  say: unscripted('say'),
  adopt: unscripted('adopt'),
  rights: unscripted('rights'),
  config: unscripted('config'),
  playbook: unscripted('playbook'),
  pageAnswered: unscripted('pageAnswered'),
  acknowledge: unscripted('acknowledge'),
  recoverLost: unscripted('recoverLost'),
  lock: unscripted('lock'),
  unlock: unscripted('unlock'),
  liftQuarantine: unscripted('liftQuarantine'),
  find: async (idOrService) => {
    const exact = await ledger.rollout(idOrService);
    const [newest] = exact === null ? await ledger.rollouts({ service: idOrService, limit: 1 }) : [exact];
    if (newest !== undefined) return newest;
    const all = await ledger.rollouts({ limit: 500 });
    const near = idOrService.length < 6 ? [] : all.filter(({ id }) => id.startsWith(idOrService));
    if (near.length === 1 && near[0] !== undefined) return near[0];
    throw new SluiceError({ code: 'NOT_FOUND', message: 'No rollout of that id.', hint: 'sluice status' });
  },
  places: async () => {
    const all = await ledger.rollouts({ limit: 500 });
    const services = [...new Set(['shop', ...all.map(({ service }) => service)])];
    return Promise.all(
      services.map(async (service) => ({
        service,
        environment: 'production',
        owners: ['team-shop'],
        good: await ledger.lastGood(service, 'production'),
        open: (await ledger.openRollouts()).find((view) => view.service === service) ?? null,
        waits: null,
      })),
    );
  },
});

/** Listens on a free port of this machine; the address with its port. */
export const listen = async (api: FastifyInstance, port = 0): Promise<string> => {
  await api.listen({ host: '127.0.0.1', port });
  return `http://127.0.0.1:${String((api.server.address() as AddressInfo).port)}`;
};

export const bearer = { authorization: `Bearer ${token}` };
