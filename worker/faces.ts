import { rename, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { createApi } from '../src/api/server.ts';
import type { Config } from '../src/config.ts';
import { doctor } from '../src/doctor.ts';
import { daemonFile, readDaemonFile } from '../src/home.ts';
import { packageVersion } from '../src/packaged.ts';
import type { RolloutsDeps } from '../src/rollouts/deps.ts';
import type { Rollouts } from '../src/rollouts/facade.ts';
import { retryWaiting } from '../src/rollouts/inbox.ts';
import { ensureToken } from './token.ts';

const inboxMs = 2_000;

export type RunningFaces = { readonly url: string; stop(): Promise<void> };

/** The API on its port, and what a serving process does besides: the inbox of commands that wait for Temporal. */
export const startFaces = async (
  config: Config,
  rollouts: Rollouts,
  deps: RolloutsDeps,
  log: Logger,
): Promise<RunningFaces> => {
  const checks = { config, ledger: deps.ledger, client: deps.client };
  const api = createApi({
    rollouts,
    ledger: deps.ledger,
    token: ensureToken(config.home),
    version: packageVersion(),
    ready: async () => {
      const { checks: found } = await doctor(checks, 'ready');
      return { ready: found.every(({ ok }) => ok), checks: found };
    },
    doctor: () => doctor(checks, 'all'),
    log,
    hosts: [config.host],
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
      await delay(inboxMs, undefined, { signal: ended.signal, ref: false }).catch(() => undefined);
    }
  })();
  return {
    url,
    stop: async () => {
      ended.abort();
      await api.close();
      await inbox;
      if (readDaemonFile(config.home)?.pid === process.pid)
        await rm(daemonFile(config.home), { force: true });
    },
  };
};

const writeDaemonFile = async (home: string, url: string): Promise<void> => {
  const file = daemonFile(home);
  await writeFile(`${file}.new`, JSON.stringify({ url, pid: process.pid }), { mode: 0o600 });
  await rename(`${file}.new`, file);
};
