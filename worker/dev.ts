import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { WorkerInterceptors } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Deps } from '../activities/deps.ts';
import { ensurePlane, seedPlane, stopPlane } from '../activities/targets/practice/lifecycle.ts';
import { accessIn } from '../src/access/source.ts';
import type { Config } from '../src/config.ts';
import type { RolloutsDeps } from '../src/rollouts/deps.ts';
import { createRollouts } from '../src/rollouts/rollouts.ts';
import { recordingsIn } from '../src/store/recordings.ts';
import { startFaces } from './faces.ts';
import type { Ledger } from '../src/store/ledger.ts';
import { openFor } from './open-ledger.ts';
import { ensureSweep } from './sweep-schedule.ts';
import { flagsOf } from './flags.ts';
import { practiceHome, targetsOf } from './targets.ts';
import { connectTemporal } from './temporal-client.ts';
import type { DevServer } from './temporal-server.ts';
import { ensureDevServer } from './temporal-server.ts';
import { startWorkers } from './workers.ts';

export type RunningDev = {
  readonly url: string;
  readonly temporal: { readonly address: string; readonly ui: string | null; readonly adopted: boolean };
  readonly practice: { readonly pid: number; readonly adopted: boolean } | null;
  /** Rejects when something that it can't do without fails for good. */
  readonly failed: Promise<never>;
  /** Everything in its order: faces, workers, practice service, Temporal, ledger. */
  stop(): Promise<void>;
};

/** What a test adds to the daemon from outside; the product itself has no switches for it. */
export type DevHooks = { readonly interceptors?: WorkerInterceptors };

/**
 * One process of ours, embedded: ledger, worker, API. Temporal and the practice service are processes beside it that
 * outlive it when it is killed; the next daemon of the same data folder adopts them.
 * @throws SluiceError LEDGER_OWNED (another daemon has the folder), TEMPORAL_UNAVAILABLE, TARGET_UNAVAILABLE
 */
export const startDev = async (config: Config, log: Logger, hooks: DevHooks = {}): Promise<RunningDev> => {
  mkdirSync(config.home, { recursive: true, mode: 0o700 });
  const stack: (() => Promise<unknown>)[] = [];
  const unwind = async (): Promise<void> => {
    for (let stop = stack.pop(); stop !== undefined; stop = stack.pop()) await stop();
  };
  try {
    const { ledger, server, practice } = await startParts(config, log, stack);
    const temporal = await connectTemporal(
      server === null ? null : { address: server.address, namespace: 'default' },
    );
    stack.push(() => temporal.close());

    const access = accessIn(config.services, log);
    const rolloutsDeps: RolloutsDeps = {
      client: temporal.client,
      ledger,
      services: config.services,
      access,
      settings: config.settings,
      log,
    };
    const rollouts = createRollouts(rolloutsDeps);
    const deps: Deps = {
      ledger,
      client: temporal.client,
      recordings: recordingsIn(config.recordings),
      target: targetsOf(config.home),
      flags: flagsOf(process.env),
      clock: () => Date.now(),
      paging: config.paging,
      slack: config.slack,
      access,
      recoverLost: () => rollouts.recoverLost(),
      log,
    };
    const workers = await startWorkers(temporal, config, deps, hooks);
    stack.push(() => workers.stop());
    const faces = await startFaces(config, rollouts, rolloutsDeps, log);
    stack.push(() => faces.stop());
    await ledger.tellAddress(faces.url);
    await ensureSweep(temporal.client, config.settings.queues.main);
    const lost = await rollouts.recoverLost();
    if (lost.length > 0) log.error({ lost }, 'rollouts had lost their run; their way back has been started');
    // Temporal knows of the workers a moment after they have started to ask for work.
    if (!(await faces.whenReady())) log.warn('not ready yet; see /readyz');

    return {
      url: faces.url,
      temporal: {
        address: server?.address ?? 'TEMPORAL_ADDRESS',
        ui: server?.ui ?? null,
        adopted: server?.adopted ?? true,
      },
      practice,
      failed: workers.stopped.then(() => new Promise<never>(() => undefined)),
      stop: unwind,
    };
  } catch (error) {
    await unwind();
    throw error;
  }
};

type Parts = {
  readonly ledger: Ledger;
  readonly server: DevServer | null;
  readonly practice: RunningDev['practice'];
};

/**
 * Temporal and the practice service come up while the ledger's files are being opened: each takes a second or two. But
 * not before the ledger's folder is ours: a second daemon ends there, and touches nothing of the first one's.
 */
const startParts = async (config: Config, log: Logger, stack: (() => Promise<unknown>)[]): Promise<Parts> => {
  const owned = Promise.withResolvers<null>();
  const opening = openFor(config, 'dev', `the data folder ${config.home}`, () => {
    owned.resolve(null);
  });
  await Promise.race([owned.promise, opening]);
  // One's own Temporal, where one is configured; otherwise a dev server beside this process.
  const own = process.env['TEMPORAL_ADDRESS'] !== undefined;
  const [ledger, server, practice] = await Promise.allSettled([
    opening,
    own ? null : ensureDevServer(path.join(config.home, 'temporal'), log),
    startPractice(config),
  ]);
  if (ledger.status === 'fulfilled') stack.push(() => ledger.value.close());
  if (server.status === 'fulfilled') stack.push(async () => server.value?.stop());
  if (practice.status === 'fulfilled') stack.push(() => stopPlane(practiceHome(config.home)));
  if (ledger.status === 'rejected') throw ledger.reason;
  if (server.status === 'rejected') throw server.reason;
  if (practice.status === 'rejected') throw practice.reason;
  return { ledger: ledger.value, server: server.value, practice: practice.value };
};

const startPractice = async (config: Config): Promise<RunningDev['practice']> => {
  const home = practiceHome(config.home);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const plane = await ensurePlane(home, { logFile: path.join(home, 'plane.log') });
  try {
    if (config.practice !== null) await seedPlane(home, config.practice);
  } catch (error) {
    // It is up, but nobody else knows of it.
    await stopPlane(home);
    throw error;
  }
  return plane;
};
