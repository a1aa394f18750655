import type { Sample } from '../../src/gates/reading.ts';
import type { GateRecord } from '../../src/gates/record.ts';
import type { Deps } from '../deps.ts';
import { pause } from '../../src/pause.ts';

/** A ledger that hangs holds one reading up by this much, not the watch. */
const patienceMs = 1000;

/** A sample and what the gate said of it; nothing of a history. */
type Judged = { readonly sample: Sample; readonly record: GateRecord | null };

export type SampleStore = {
  /** Returns when the sample is stored, or after a second: then it waits for the next. */
  add(sample: Sample, record: GateRecord): Promise<void>;
  /** What is stored already; nothing while the ledger is away. */
  all(): Promise<readonly Sample[]>;
  addAll(samples: readonly Sample[]): Promise<void>;
  /** Whether everything that was added is in the ledger by now. */
  settled(): Promise<boolean>;
};

/**
 * Stores the samples of one watch in order. A ledger that is away does not blind the gate: samples wait here and are
 * written with the next that gets through.
 */
export const sampleStore = (
  { ledger, log }: Pick<Deps, 'ledger' | 'log'>,
  { rolloutId, watch }: { readonly rolloutId: string; readonly watch: number },
): SampleStore => {
  const waiting: Judged[] = [];
  let flushing: Promise<void> | null = null;

  const flush = async (): Promise<void> => {
    try {
      for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
        await ledger.addSample(rolloutId, watch, next.sample.t, next.sample, next.record);
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
    await Promise.race([flushing, pause(patienceMs, { signal: tooLong.signal })]);
    tooLong.abort();
  };

  return {
    async add(sample, record) {
      waiting.push({ sample, record });
      await settle();
    },
    async addAll(samples) {
      waiting.push(...samples.map((sample) => ({ sample, record: null })));
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
    async settled() {
      await settle();
      return waiting.length === 0;
    },
  };
};
