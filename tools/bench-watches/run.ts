import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { plan } from '../../runbooks/plan.ts';
import { serviceFileSchema } from '../../runbooks/service.ts';
import { findPart } from '../../src/parts.ts';
import type { WatchInput } from '../../workflows/contract.ts';

/** What one worker process makes of so many watches at once; lateness and memory are its own. */
export type WatchBench = {
  readonly watches: number;
  readonly everyMs: number;
  readonly samples: number;
  readonly due: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly maxRssMiB: number;
  /** Of one core. */
  readonly cpuShare: number;
};

const everyMs = 5_000;
/** From the first watch's start to the moment from which lateness counts: all have been taken up by then. */
const rampMs = 45_000;
const watchesPerWorkflow = 50;

const file = serviceFileSchema.parse({
  apiVersion: 'sluice/v1',
  ...{ service: 'shop', owners: ['bench'], artifact: { manifests: '/releases' } },
  environments: {
    production: {
      target: { practice: {} },
      strategy: { canary: {} },
      gates: { every: '5s', errors: {}, latency: {} },
    },
  },
});

const digest = `sha256:${'0'.repeat(64)}`;
const policy = () => {
  const planned = plan({
    ...{ kind: 'deploy', service: file, environment: 'production', release: { version: '2.1.0', digest } },
    state: {
      groups: [{ version: '2.0.4', digest, instances: 2, ready: 2 }],
      ...{ weights: { '2.0.4': 100 }, stable: '2.0.4', fence: 0 },
    },
    lastGood: { version: '2.0.4', digest },
  });
  if ('problems' in planned) throw new Error(JSON.stringify(planned.problems));
  return planned.runbook.gates;
};

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;

type Report = { readonly lateness: readonly number[]; readonly cpuMs: number; readonly maxRssMiB: number };

/** Watches begin spread over one interval, as those of many rollouts do. A real Temporal, in memory. */
export const benchWatches = async (watches = 2000, seconds = 60, instances = 5): Promise<WatchBench> => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const part = await findPart('temporal');
  if (!part.found) throw new Error(part.sentence);
  const env = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: part.path },
      log: { level: 'error', format: 'json' },
    },
  });
  const zeroMs = Date.now() + 2_000;
  const endMs = zeroMs + rampMs + seconds * 1000;
  const queues = { main: 'bench', watch: 'bench-watch', tell: 'bench-tell' };
  const settings = {
    queues,
    ...{ heartbeatMs: 15_000, writeMs: 5_000, writeForMs: 60_000, ledgerPatienceMs: 20_000 },
  };
  const worker = fork(
    path.join(import.meta.dirname, 'worker.ts'),
    [env.address, queues.watch, String(watches), String(zeroMs), String(instances)],
    { serialization: 'advanced' },
  );
  try {
    await once(worker, 'message');
    const gates = policy();
    const input = (i: number): WatchInput => ({
      rolloutId: `bench-${String(i)}`,
      ...{ watch: 0, file, canary: '2.1.0', baseline: '2.0.4', stable: '2.0.4', percent: 10, gates },
      place: { service: `shop-${String(i)}`, environment: 'production' },
      plan: { windowMs: 900_000, percents: [10, 50, 90] },
      startsAt: new Date(zeroMs + Math.round((i * everyMs) / watches)).toISOString(),
      ...{ endsAt: new Date(endMs).toISOString(), zeroAt: new Date(zeroMs).toISOString(), carry: null },
      ...{ awaits: null, silenceMs: null },
    });
    const inputs = Array.from({ length: watches }, (_, i) => input(i));
    const bundle = await bundleWorkflowCode({
      workflowsPath: path.join(import.meta.dirname, 'workflow.ts'),
      logger: new DefaultLogger('ERROR'),
    });
    const main = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: queues.main,
      workflowBundle: bundle,
    });
    const late: number[] = [];
    let before: Report | null = null;
    let last: Report | null = null;
    worker.on('message', (report: Report) => {
      if (Date.now() < zeroMs + rampMs) before = report;
      else {
        late.push(...report.lateness);
        last = report;
      }
    });
    const kinds = await main.runUntil(async () => {
      const runs = [];
      for (let i = 0; i < watches; i += watchesPerWorkflow) {
        const handle = await env.client.workflow.start('manyWatches', {
          taskQueue: queues.main,
          workflowId: `bench/${String(i)}`,
          args: [inputs.slice(i, i + watchesPerWorkflow), settings],
        });
        runs.push(handle.result() as Promise<readonly string[]>);
      }
      return (await Promise.all(runs)).flat();
    });
    if (kinds.length !== watches)
      throw new Error(`${String(kinds.length)} of ${String(watches)} watches ended`);
    late.sort((a, b) => a - b);
    const [first, end] = [before as Report | null, last as Report | null];
    return {
      ...{ watches, everyMs, samples: late.length, due: (watches * seconds * 1000) / everyMs },
      ...{ p50Ms: quantile(late, 0.5), p99Ms: quantile(late, 0.99), maxMs: late.at(-1) ?? Number.NaN },
      maxRssMiB: end?.maxRssMiB ?? Number.NaN,
      cpuShare: ((end?.cpuMs ?? Number.NaN) - (first?.cpuMs ?? 0)) / (seconds * 1000),
    };
  } finally {
    if (worker.connected) {
      const gone = once(worker, 'exit');
      worker.send('end');
      await gone;
    }
    await env.teardown();
  }
};

if (import.meta.main) {
  const [watches = '2000', seconds = '60', instances = '5'] = process.argv.slice(2);
  console.log(await benchWatches(Number(watches), Number(seconds), Number(instances)));
}
