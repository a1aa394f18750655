import { rolloutGate } from '../src/gates/rollout-gate.ts';
import { gateSettings } from '../src/gates/settings.ts';
import { binomial, uniformFrom } from '../src/gates/random.ts';
import type { ArmReading } from '../src/gates/reading.ts';
import type { CustomOptions } from '../src/gates/settings.ts';

/** What one sample of all tests costs, and how large the gate's state is in JSON. */
export type GateBench = {
  readonly instances: number;
  readonly buckets: number;
  /** Processor time per sample, garbage collection included, and the median by the clock, in µs. */
  readonly cpuMicroseconds: number;
  readonly medianMicroseconds: number;
  readonly stateBytes: number;
};

const le = [0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 1, 2.5, '+Inf'] as const;
const quicker = [0.02, 0.08, 0.25, 0.5, 0.7, 0.82, 0.89, 0.93, 0.98, 0.995, 0.999, 1];

/** An arm of `size` instances whose counters grow with each reading. */
const arm = (name: string, size: number, perReading: number, seed: number) => {
  const uniform = uniformFrom(seed);
  const instances = Array.from({ length: size }, (_, i) => ({
    id: `shop-${name}-7d9c5b8f6d-x${String(i).padStart(4, '0')}`,
    ...{ requests: 1_000_000, errors: 3000 },
    count: quicker.map((share) => Math.round(share * 1_000_000)),
  }));
  return (t: number): ArmReading => {
    for (const instance of instances) {
      const n = binomial(uniform, perReading * 2, 0.5);
      instance.requests += n;
      instance.errors += binomial(uniform, n, 0.003);
      let below = 0;
      instance.count = instance.count.map((before, i) => {
        below += binomial(uniform, n, (quicker[i] ?? 1) - (quicker[i - 1] ?? 0));
        return i === le.length - 1 ? before + n : before + Math.min(n, below);
      });
    }
    return {
      at: t,
      instances: instances.map(({ id, requests, errors, count }) => ({
        ...{ id, requests, errors, started: -5000, restarts: 0, oomKills: 0 },
        latency: { le, count },
        gauges: { memory: 0.4, cpu: 0.3 },
      })),
    };
  };
};

/** Three metrics of the service's own, counted on the same instances. */
const three: readonly CustomOptions[] = [
  { name: 'payments', errors: { max: 0.05, harm: 0.02 } },
  { name: 'imports', errors: {} },
  { name: 'search', latency: { limits: [{ quantile: 0.95, seconds: 0.3 }] } },
];

const withCustom = (reading: ArmReading, custom: readonly CustomOptions[]): ArmReading =>
  custom.length === 0
    ? reading
    : { ...reading, custom: Object.fromEntries(custom.map(({ name }) => [name, reading])) };

/**
 * Runs healthy hours with all tests on, canary and baseline sharing the instances; `own`: with three custom metrics
 * beside them.
 */
export const benchGate = (instances = 20, own = false): GateBench => {
  const custom = own ? three : [];
  const settings = gateSettings({
    release: { service: 'shop', version: '2.1.0', stable: '2.0.4' },
    latency: {
      limits: [
        { quantile: 0.95, seconds: 0.3 },
        { quantile: 0.99, seconds: 1 },
      ],
    },
    saturation: [{ name: 'cpu', max: 0.8 }, { name: 'memory' }],
    custom,
  });
  const canaries = Math.max(1, Math.round(instances / 10));
  const canary = arm('canary', canaries, 25, 1);
  const baseline = arm('stable', instances - canaries, 25, 2);
  const history = Array.from({ length: 360 }, (_, i) => (i - 360) * 5).map((t) => ({
    t,
    baseline: withCustom(baseline(t), custom),
  }));
  let t = 0;
  const next = (length: number) =>
    Array.from({ length }, () => {
      t += 5;
      return { t, canary: withCustom(canary(t), custom), baseline: withCustom(baseline(t), custom) };
    });
  let state = rolloutGate.openWatch(rolloutGate.begin(settings, history), 0);
  let stateBytes = 0;
  const costs: number[] = [];
  let cpu = 0;
  // Samples are made in small heaps beside the measurement: a gate never holds an hour of them.
  const run = (samples: ReturnType<typeof next>): void => {
    const started = process.cpuUsage();
    for (const sample of samples) {
      const before = performance.now();
      ({ state } = rolloutGate.observe(settings, state, sample));
      costs.push((performance.now() - before) * 1000);
    }
    const used = process.cpuUsage(started);
    cpu += used.user + used.system;
    stateBytes = Math.max(stateBytes, JSON.stringify(state).length);
  };
  // A worker runs for days: what the compiler costs is not what a sample costs.
  for (let i = 0; i < 72; i += 1) run(next(10));
  costs.length = 0;
  cpu = 0;
  for (let i = 0; i < 720; i += 1) run(next(10));
  costs.sort((a, b) => a - b);
  return {
    ...{ instances, buckets: le.length, stateBytes },
    cpuMicroseconds: cpu / costs.length,
    medianMicroseconds: costs[Math.floor(costs.length / 2)] ?? Number.NaN,
  };
};

if (import.meta.main) {
  const { instances, buckets, cpuMicroseconds, medianMicroseconds, stateBytes } = benchGate();
  console.log(
    `gate, one sample of all tests, ${String(instances)} instances, ${String(buckets)} buckets: ` +
      `${cpuMicroseconds.toFixed(0)} µs of one core (median ${medianMicroseconds.toFixed(0)} µs); ` +
      `state ${(stateBytes / 1024).toFixed(1)} KiB of JSON`,
  );
}
