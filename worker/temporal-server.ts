import { mkdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { answers, end, isOurs, isRefused, launch, readRecord } from './temporal-process.ts';

/** Temporal's dev server as a process of its own: it outlives a killed daemon, and the next one adopts it. */
export type DevServer = {
  readonly address: string;
  readonly ui: string;
  readonly adopted: boolean;
  /** The process as it is now: it is started again when it ends by itself. */
  pid(): number;
  stop(): Promise<void>;
};

const superviseMs = 500;
/** A machine under load keeps a healthy server from answering for seconds. */
const busyMs = 30_000;

/**
 * Finds the dev server of this data folder by its record and adopts it if it answers, else starts one on the same
 * ports and database file. While it runs it is watched, and started again if it dies.
 * @throws SluiceError TEMPORAL_UNAVAILABLE with the end of its log
 */
export const ensureDevServer = async (folder: string, log: Logger): Promise<DevServer> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const known = await readRecord(folder);
  const adopted = known !== null && (await isOurs(known, folder)) && (await answers(known.port, busyMs));
  // Two servers on one database file lock each other out for good: one that lives and does not answer goes first.
  if (known !== null && !adopted) await end(known, folder);
  let record = adopted ? known : await launch(folder, known);
  const stopping = new AbortController();
  const { signal } = stopping;
  const supervision = supervise();

  async function supervise(): Promise<void> {
    while (await pause(signal)) {
      // Asked twice: a process that is gone may leave its number behind, a port that refuses twice is gone.
      if (!(await isRefused(record.port)) || !(await pause(signal))) continue;
      if (!(await isRefused(record.port)) || signal.aborted) continue;
      log.error({ pid: record.pid }, 'Temporal has ended; it is started again with its database');
      try {
        await end(record, folder);
        record = await launch(folder, record);
      } catch (error) {
        log.error({ error: String(error) }, 'Temporal could not be started again; the next try follows');
      }
    }
  }

  return {
    address: `127.0.0.1:${String(record.port)}`,
    ui: `http://127.0.0.1:${String(record.uiPort)}`,
    adopted,
    pid: () => record.pid,
    stop: async () => {
      stopping.abort();
      await supervision;
      await end(record, folder);
    },
  };
};

/**
 * Waits a little; `false`: it is over. The timer alone keeps no process alive, and an end that waits for it would wait
 * for a process that is gone: so the signal ends it at once.
 */
const pause = async (signal: AbortSignal): Promise<boolean> => {
  try {
    await delay(superviseMs, undefined, { signal, ref: false });
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
};
