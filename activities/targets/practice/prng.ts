/** Numbers from 0 (included) to 1 (not), the same for the same seed (mulberry32). Good enough for traffic. */
export type Random = () => number;

export const seededRandom = (seed: number): Random => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** Standard normal (Box–Muller; 1 − u keeps the logarithm finite). */
export const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Waiting time until the next of events that come at `rate` per unit of time, independently of each other. */
export const exponential = (random: Random, rate: number): number => -Math.log(1 - random()) / rate;
