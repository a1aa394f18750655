import { Socket } from 'node:net';
import { Client } from 'pg';
import type { ClientConfig } from 'pg';
import { channel } from './append.ts';
import type { WarningListener } from './engine.ts';
import { pause } from '../pause.ts';

/** Looks whether the connection is alive; each also finds what a lost notification told. In ms. */
export type Heartbeat = {
  readonly every: number;
  /** How long the server may take to answer. */
  readonly answersWithin: number;
};

const calmly: Heartbeat = { every: 15_000, answersWithin: 5000 };

/** Before connecting again, in ms: doubled from the first to the longest, so that a server that is down rests. */
const firstPause = 100;
const longestPause = 10_000;

/**
 * Keeps one connection that listens for new events, for as long as it takes: a lost one is made again. `onNews` is
 * called on each notification and whenever some may have been missed.
 * @returns what ends it
 */
export const listenOnPostgres = (
  config: ClientConfig,
  onNews: () => void,
  warn: WarningListener,
  heartbeat: Heartbeat = calmly,
): (() => Promise<void>) => {
  const stop = new AbortController();
  const ended = keepListening(config, onNews, warn, heartbeat, stop.signal);
  return async () => {
    stop.abort();
    await ended;
  };
};

const keepListening = async (
  config: ClientConfig,
  onNews: () => void,
  warn: WarningListener,
  heartbeat: Heartbeat,
  signal: AbortSignal,
): Promise<void> => {
  const isOver = (): boolean => signal.aborted;
  let wait = firstPause;
  while (!isOver()) {
    try {
      await listenOnce(
        config,
        () => {
          wait = firstPause;
          onNews();
        },
        heartbeat,
        signal,
      );
    } catch (error) {
      if (isOver()) return;
      warn(`The ledger's notifications stopped; connecting again in ${wait} ms.`, error);
    }
    await pause(wait, { signal, ref: false });
    wait = Math.min(wait * 2, longestPause);
  }
};

/** Ends when `signal` says so; rejects when the connection is lost. */
const listenOnce = async (
  config: ClientConfig,
  onNews: () => void,
  heartbeat: Heartbeat,
  signal: AbortSignal,
): Promise<void> => {
  // A socket of our own, because pg waits for a good-bye that a server which vanished never says.
  const socket = new Socket();
  const client = new Client({ ...config, query_timeout: heartbeat.answersWithin, stream: () => socket });
  const over = new Promise<void>((resolve, reject) => {
    client.on('error', reject);
    socket.once('close', () => {
      if (signal.aborted) resolve();
      else reject(new Error('The connection was closed.'));
    });
  });
  client.on('notification', onNews);
  let asking = false;
  const beat = setInterval(() => {
    if (asking) return;
    asking = true;
    client.query('select 1').then(
      () => {
        asking = false;
        onNews();
      },
      (error: unknown) => client.emit('error', error),
    );
  }, heartbeat.every).unref();
  const hangUp = (): void => void socket.destroy();
  signal.addEventListener('abort', hangUp);
  try {
    await Promise.race([client.connect().then(() => client.query(`listen ${channel}`)), over]);
    if (!signal.aborted) onNews();
    await over;
  } finally {
    clearInterval(beat);
    signal.removeEventListener('abort', hangUp);
    hangUp();
  }
};
