import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { flagdDriver } from '../activities/flags/flagd.ts';
import { callPlane } from '../activities/targets/practice/control-client.ts';
import { serviceViewSchema } from '../activities/targets/practice/control.ts';
import { servedBy } from '../activities/targets/practice/plane/proxy.ts';
import { askDaemon, startDaemon, stopDaemon } from './practice-daemon.ts';
import { root } from './stamp.ts';

/** How soon the old version has everything again, by strategy, once a person has said abort in the first watch. */
export type WayBack = {
  readonly strategy: string;
  /** From the call until a client saw the last of the new version: its last answer, or its flag still up, in ms. */
  readonly clientMs: number;
  /** From the decision until the target has said so, in ms, as the rollout itself tells. */
  readonly decisionMs: number;
};

const shop = path.join(root, 'examples', 'shop');
const strategies = {
  canary: '{ canary: { steps: [50, 100], watch: 1m, ready: 30s } }',
  'blue-green': '{ blue-green: { watch: 1m, ready: 30s } }',
  rolling: '{ rolling: { maxSurge: 1, watch: 1m, ready: 30s } }',
  recreate: '{ recreate: { watch: 1m, ready: 30s } }',
  'feature-flag':
    '{ feature-flag: { flag: checkout, steps: [50, 100], watch: 1m, deploy: { recreate: { watch: 2s, ready: 30s } } } }\n    flags: { flagd: { file: ./flags.json } }',
} as const;
const flags = {
  flags: {
    checkout: { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off', targeting: {} },
  },
};
/** Between two requests of the client, in ms. */
const pace = 5;
/** Without an answer of the new version for so long, it has had its last. */
const quietMs = 2_000;

type View = {
  readonly state: string;
  readonly endedAt: string | null;
  readonly trafficBackMs: number | null;
};

const proxyOf = async (home: string): Promise<string> => {
  const { body } = await callPlane(path.join(home, 'practice'), { method: 'GET', path: '/services/shop' });
  return serviceViewSchema.parse(body).proxy;
};

/** Whether a client of the proxy was just answered by that version. */
const answeredBy = async (proxy: string, fresh: string): Promise<boolean> => {
  const response = await fetch(proxy).catch(() => null);
  await response?.arrayBuffer();
  return response?.headers.get(servedBy)?.startsWith(fresh) === true;
};

/** When a client last saw something of the new version, in ms since the epoch: asked again and again. */
const lastSeen = async (sees: () => Promise<boolean>, until: () => boolean): Promise<number> => {
  let last = 0;
  while (!until() || Date.now() - last < quietMs) {
    if (await sees()) last = Date.now();
    await delay(pace);
  }
  return last;
};

const measure = async (strategy: keyof typeof strategies): Promise<WayBack> => {
  const home = mkdtempSync(path.join(tmpdir(), 'sluice-bench-back-'));
  const services = path.join(home, 'services');
  mkdirSync(services);
  cpSync(path.join(shop, 'releases'), path.join(services, 'releases'), { recursive: true });
  const file = readFileSync(path.join(shop, 'shop.yml'), 'utf8');
  const block = /^ {4}strategy:\n(?: {6}.*\n)+/mu;
  if (!block.test(file)) throw new Error('examples/shop/shop.yml has no strategy to put another one for');
  const own = file.replace(block, `    strategy: ${strategies[strategy]}\n`);
  writeFileSync(path.join(services, 'shop.yml'), own);
  writeFileSync(path.join(services, 'flags.json'), JSON.stringify(flags));
  const env = {
    ...process.env,
    ...{ SLUICE_HOME: home, SLUICE_SERVICES: services, SLUICE_PORT: '0', SLUICE_LOG_LEVEL: 'warn' },
    SLUICE_PRACTICE: path.join(shop, 'practice.json'),
  };
  const daemon = await startDaemon(home, env);
  try {
    const call = (method: string, route: string, body?: unknown): Promise<unknown> =>
      askDaemon(home, method, route, body);
    await call('POST', '/v1/services/shop/adopt', {});
    const begun = { service: 'shop', version: '2.1.0' };
    const { rolloutId } = (await call('POST', '/v1/rollouts', begun)) as { readonly rolloutId: string };
    const route = `/v1/rollouts/${rolloutId}`;
    const view = async (): Promise<View> => (await call('GET', route)) as View;
    const driver = flagdDriver({ file: path.join(services, 'flags.json'), on: 'on', off: 'off' });
    const flagIsUp = async (): Promise<boolean> => (await driver.observe('checkout')).percent > 0;
    const proxy = await proxyOf(home);
    const sees = strategy === 'feature-flag' ? flagIsUp : () => answeredBy(proxy, '2.1.0');
    await until(
      view,
      async ({ state }) => state === 'watching' && (await sees()),
      () => call('POST', `${route}/commands`, { command: 'accept' }),
    );
    let ended: View | null = null;
    const client = lastSeen(sees, () => ended !== null);
    await delay(200);
    const saidAt = Date.now();
    await call('POST', `${route}/commands`, { command: 'abort' });
    for (let seen = await view(); ended === null; seen = await view()) {
      if (seen.endedAt === null) await delay(50);
      else ended = seen;
    }
    if (ended.state !== 'aborted') throw new Error(`${strategy}: the rollout ended as ${ended.state}`);
    const decisionMs = ended.trafficBackMs ?? Number.NaN;
    return { strategy, clientMs: (await client) - saidAt, decisionMs };
  } finally {
    await stopDaemon(daemon);
    rmSync(home, { recursive: true, force: true });
  }
};

/** Waits until it is as `is` asks; where the gate asks a person, because a watch of 2 s told it little, `accept`. */
const until = async (
  view: () => Promise<View>,
  is: (view: View) => Promise<boolean>,
  accept: () => Promise<unknown>,
): Promise<void> => {
  for (let seen = await view(); !(await is(seen)); seen = await view()) {
    if (seen.endedAt !== null) throw new Error(`the rollout ended as ${seen.state}`);
    if (seen.state === 'inconclusive') await accept();
    await delay(20);
  }
};

/** One after the other, each on a daemon of its own. */
export const benchStrategies = async (): Promise<readonly WayBack[]> => {
  const all: WayBack[] = [];
  for (const strategy of Object.keys(strategies) as (keyof typeof strategies)[])
    all.push(await measure(strategy));
  return all;
};
