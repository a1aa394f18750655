import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lastShare } from '../../runbooks/strategies/parts.ts';
import { settingsOfBlock, gatesBlockSchema } from '../../src/gates/gates-block.ts';
import { blockOfPolicy } from '../../src/gates/policy-block.ts';
import { parseServiceFile } from '../../src/service-file/read.ts';
import { noFaults } from './watch.ts';
import type { Scene } from './watch.ts';
import { world } from './world.ts';

/** One watch of `npm run demo`: how it goes for a healthy release, and for one that fails 3 % from its start. */
export type DemoScene = {
  readonly name: string;
  readonly requestsPerSecond: number;
  /** When the watch begins, in seconds of the rollout's clock. */
  readonly start: number;
  readonly healthy: Scene;
  readonly bad: Scene;
};

const file = fileURLToPath(new URL('../../examples/shop/shop.yml', import.meta.url));
const requestsPerSecond = 400;
/** What the demo waits for before its first deploy. */
const historySeconds = 30;

/** The watches of the demo's own service file, so that the page can't drift from what a new user sees. */
export const demoScenes = (): readonly DemoScene[] => {
  const environment = parseServiceFile(readFileSync(file, 'utf8'), file).file.environments['production'];
  const canary = environment?.strategy.canary;
  if (environment?.gates === undefined || canary === undefined) {
    throw new Error('examples/shop/shop.yml has no canary with gates in production: the demo is about one');
  }
  const { steps, watch } = canary;
  const holdBack = environment.gates.holdBack ?? 0.1;
  const settings = {
    ...settingsOfBlock(gatesBlockSchema.parse(blockOfPolicy({ ...environment.gates, holdBack })), {
      release: { service: 'shop', version: '2.2.0', stable: '2.0.4' },
      watchSeconds: watch / 1000,
      steps: steps.map((step) => Math.min(step, lastShare(holdBack)) / 100),
    }),
    historySeconds,
  };
  return settings.watches.map(({ seconds, share }, i) => {
    const start = i * seconds;
    const shareAt = (t: number): number =>
      settings.watches[Math.min(i, Math.max(0, Math.floor(t / seconds)))]?.share ?? share;
    const scene = (canaryRate: (t: number) => number): Scene => ({
      settings,
      world: world({ requestsPerSecond, share: shareAt, canaryRate }),
      faults: noFaults,
      watch: i,
    });
    return {
      name: `the demo's watch at ${String(Math.round(share * 100))} %`,
      ...{ requestsPerSecond, start },
      healthy: scene(() => 0.003),
      bad: scene((t) => (t >= start ? 0.03 : 0.003)),
    };
  });
};
