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

/**
 * Finds the dev server of this data folder by its record and adopts it if it answers, else starts one on the same
 * ports and database file. While it runs it is watched, and started again if it dies.
 * @throws SluiceError TEMPORAL_UNAVAILABLE with the end of its log
 */
export const ensureDevServer = async (folder: string, log: Logger): Promise<DevServer> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const known = await readRecord(folder);
  const adopted = known !== null && (await isOurs(known, folder)) && (await answers(known.port, 2_000));
  let record = adopted ? known : await launch(folder, known);
  let stopping = false;
  const supervision = supervise();

  async function supervise(): Promise<void> {
    while (!stopping) {
      await delay(superviseMs, undefined, { ref: false });
      // Asked twice: a process that is gone may leave its number behind, a port that refuses twice is gone.
      if (!(await isRefused(record.port)) || stopping) continue;
      await delay(superviseMs, undefined, { ref: false });
      if (stopping || !(await isRefused(record.port))) continue;
      log.error({ pid: record.pid }, 'Temporal has ended; it is started again with its database');
      try {
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
      stopping = true;
      await supervision;
      await end(record, folder);
    },
  };
};
