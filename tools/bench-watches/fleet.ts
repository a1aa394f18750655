import type { Target } from '../../activities/targets/target.ts';
import { binomial, uniformFrom } from '../../src/gates/random.ts';

const le = [0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 1, 2.5, '+Inf'] as const;
const quicker = [0.02, 0.08, 0.25, 0.5, 0.7, 0.82, 0.89, 0.93, 0.98, 0.995, 0.999, 1];

type Counters = { requests: number; errors: number; count: number[] };

/**
 * A healthy service in memory, for one watch: `instances` of each version, whose counters grow with the time between
 * two readings, with histograms of twelve buckets.
 */
export const fleetTarget = (seed: number, instances: number): Pick<Target, 'read' | 'history'> => {
  const uniform = uniformFrom(seed);
  const arms = new Map<string, { at: number; readonly all: readonly Counters[] }>();
  const armOf = (version: string) => {
    const found = arms.get(version) ?? {
      at: Date.now(),
      all: Array.from({ length: instances }, () => ({ requests: 1000, errors: 3, count: le.map(() => 0) })),
    };
    arms.set(version, found);
    return found;
  };
  return {
    read: async (_service, version) => {
      const at = Date.now();
      const arm = armOf(version);
      const n = Math.round(((at - arm.at) / 1000) * 10);
      arm.at = at;
      for (const one of arm.all) {
        one.requests += n;
        one.errors += binomial(uniform, n, 0.003);
        one.count = one.count.map((before, i) => before + Math.round(n * (quicker[i] ?? 1)));
      }
      return {
        at,
        arm: {
          at: 0,
          instances: arm.all.map(({ requests, errors, count }, i) => ({
            ...{ id: `${version}-${String(i)}`, requests, errors, started: -5000, restarts: 0 },
            latency: { le, count },
          })),
        },
      };
    },
    history: () => Promise.resolve([]),
  };
};
