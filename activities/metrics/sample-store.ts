import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { canonicalJson } from '../../runbooks/runbook.ts';
import type { Sample } from '../../src/gates/reading.ts';
import type { Deps } from '../deps.ts';

/** A ledger that hangs holds one reading up by this much, not the watch. */
const patienceMs = 1000;

export type SampleStore = {
  /** Returns when the sample is stored, or after a second: then it waits for the next. */
  add(sample: Sample): Promise<void>;
  /** What is stored already; nothing while the ledger is away. */
  all(): Promise<readonly Sample[]>;
  addAll(samples: readonly Sample[]): Promise<void>;
  /** SHA-256 (hex) of the watch's stored samples; `null` while the ledger lacks some. */
  fingerprint(): Promise<string | null>;
};

/**
 * Stores the samples of one watch in order. A ledger that is away does not blind the gate: samples wait here and are
 * written with the next that gets through.
 */
export const sampleStore = (
  { ledger, log }: Pick<Deps, 'ledger' | 'log'>,
  { rolloutId, watch }: { readonly rolloutId: string; readonly watch: number },
): SampleStore => {
  const waiting: Sample[] = [];
  let flushing: Promise<void> | null = null;

  const flush = async (): Promise<void> => {
    try {
      for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
        await ledger.addSample(rolloutId, watch, next.t, next);
        waiting.shift();
      }
    } catch (error) {
      log.warn(
        { rolloutId, watch, waiting: waiting.length, error: String(error) },
        'samples wait for the ledger',
      );
    } finally {
      flushing = null;
    }
  };
  const settle = async (): Promise<void> => {
    flushing ??= flush();
    const tooLong = new AbortController();
    await Promise.race([
      flushing,
      delay(patienceMs, undefined, { signal: tooLong.signal }).catch(() => undefined),
    ]);
    tooLong.abort();
  };

  return {
    async add(sample) {
      waiting.push(sample);
      await settle();
    },
    async addAll(samples) {
      waiting.push(...samples);
      await settle();
    },
    async all() {
      try {
        return (await ledger.samples(rolloutId, watch)).map(({ sample }) => sample);
      } catch (error) {
        log.warn({ rolloutId, watch, error: String(error) }, 'stored samples can not be read');
        return [];
      }
    },
    async fingerprint() {
      await settle();
      if (waiting.length > 0) return null;
      try {
        const samples = await ledger.samples(rolloutId, watch);
        return createHash('sha256').update(canonicalJson(samples)).digest('hex');
      } catch (error) {
        log.warn({ rolloutId, watch, error: String(error) }, 'no fingerprint: the ledger does not answer');
        return null;
      }
    },
  };
};
