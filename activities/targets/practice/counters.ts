import { latencyBounds } from './control.ts';

/** Cumulative, as Prometheus and the gates read it: `count[i]` took at most `le[i]` seconds. */
export type LatencyHistogram = {
  readonly le: readonly (number | '+Inf')[];
  readonly count: readonly number[];
};

/** Class of an HTTP status, as in the label `code`. */
export type StatusClass = '1xx' | '2xx' | '3xx' | '4xx' | '5xx';

const statusClass = (status: number): StatusClass => {
  if (status >= 500) return '5xx';
  if (status >= 400) return '4xx';
  if (status >= 300) return '3xx';
  return status >= 200 ? '2xx' : '1xx';
};

/** Requests, errors and latencies of one run of one instance, from 0. */
export class Counters {
  readonly byClass = new Map<StatusClass, number>();
  #requests = 0;
  #seconds = 0;
  readonly #buckets: number[] = Array.from({ length: latencyBounds.length + 1 }, () => 0);

  /** Failed connections and timeouts are recorded with the 5xx that the client was told. */
  record(status: number, seconds: number): void {
    const key = statusClass(status);
    this.byClass.set(key, (this.byClass.get(key) ?? 0) + 1);
    this.#requests += 1;
    this.#seconds += seconds;
    const found = latencyBounds.findIndex((bound) => seconds <= bound);
    const index = found === -1 ? latencyBounds.length : found;
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
  }

  get requests(): number {
    return this.#requests;
  }

  get errors(): number {
    return this.byClass.get('5xx') ?? 0;
  }

  /** Sum of all latencies in seconds. */
  get seconds(): number {
    return this.#seconds;
  }

  latency(): LatencyHistogram {
    let sum = 0;
    return { le: [...latencyBounds, '+Inf'], count: this.#buckets.map((inBucket) => (sum += inBucket)) };
  }
}
