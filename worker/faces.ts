import { rename, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { actorOfSlack } from '../src/access/identify.ts';
import { nobodyElse } from '../src/access/source.ts';
import { createApi } from '../src/api/server.ts';
import type { Config } from '../src/config.ts';
import { doctor } from '../src/doctor.ts';
import { daemonFile, readDaemonFile } from '../src/home.ts';
import { packageVersion } from '../src/packaged.ts';
import type { RolloutsDeps } from '../src/rollouts/deps.ts';
import type { Rollouts } from '../src/rollouts/facade.ts';
import { retryWaiting } from '../src/rollouts/inbox.ts';
import { startWaiting } from '../src/rollouts/waiting.ts';
import { loadServices } from '../src/service-file/folder.ts';
import { startSlack } from '../src/slack/start.ts';
import { recordingsIn } from '../src/store/recordings.ts';
import { ensureToken } from './token.ts';
import { pause } from '../src/pause.ts';

const inboxMs = 2_000;
const readyWithinMs = 10_000;
const readyEveryMs = 50;

export type RunningFaces = {
  readonly url: string;
  /** Resolves when `/readyz` says so, or after ten seconds: then somebody has to look. */
  whenReady(): Promise<boolean>;
  stop(): Promise<void>;
};

/** The API on its port, and what a serving process does besides: the inbox of commands that wait for Temporal. */
export const startFaces = async (
  config: Config,
  rollouts: Rollouts,
  deps: RolloutsDeps,
  log: Logger,
): Promise<RunningFaces> => {
  const checks = { config, ledger: deps.ledger, client: deps.client };
  const ready = async () => {
    const { checks: found } = await doctor(checks, 'ready');
    return { ready: found.every(({ ok }) => ok), checks: found };
  };
  const slack = startSlack({
    settings: config.slack,
    rollouts,
    ledger: deps.ledger,
    services: async () => (await loadServices(config.services, 'lists')).services.map(({ file }) => file),
    actorOf: async (member) => actorOfSlack(await (deps.access ?? nobodyElse).look(), member),
    log,
    clock: Date.now,
  });
  const api = createApi({
    rollouts,
    slack: slack.hook,
    ledger: deps.ledger,
    recordings: recordingsIn(config.recordings),
    paging: config.paging,
    token: ensureToken(config.home),
    ...(deps.access === undefined ? {} : { access: deps.access }),
    version: packageVersion(),
    ready,
    doctor: () => doctor(checks, 'all'),
    log,
    hosts: [config.host, ...(config.paging.publicUrl === null ? [] : [hostOf(config.paging.publicUrl)])],
  });
  await api.listen({ host: config.host, port: config.port });
  const { port } = api.server.address() as AddressInfo;
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${String(port)}`;
  await writeDaemonFile(config.home, url);

  const ended = new AbortController();
  const inbox = (async () => {
    while (!ended.signal.aborted) {
      try {
        await retryWaiting(deps);
      } catch (error) {
        log.warn({ error: String(error) }, 'commands wait in the inbox');
      }
      await pause(inboxMs, { signal: ended.signal, ref: false });
    }
  })();
  const queue = (async () => {
    while (!ended.signal.aborted) {
      try {
        await startWaiting(deps);
      } catch (error) {
        log.warn({ error: String(error) }, 'deploys wait in the queue');
      }
      await pause(inboxMs, { signal: ended.signal, ref: false });
    }
  })();
  return {
    url,
    whenReady: async () => {
      const deadline = Date.now() + readyWithinMs;
      for (;;) {
        if ((await ready()).ready) return true;
        if (Date.now() > deadline) return false;
        await delay(readyEveryMs);
      }
    },
    stop: async () => {
      ended.abort();
      await slack.stop();
      await api.close();
      await Promise.all([inbox, queue]);
      if (readDaemonFile(config.home)?.pid === process.pid)
        await rm(daemonFile(config.home), { force: true });
    },
  };
};

/** As a request names it, without its port. */
const hostOf = (url: string): string => new URL(url).hostname;

const writeDaemonFile = async (home: string, url: string): Promise<void> => {
  const file = daemonFile(home);
  await writeFile(`${file}.new`, JSON.stringify({ url, pid: process.pid }), { mode: 0o600 });
  await rename(`${file}.new`, file);
};
