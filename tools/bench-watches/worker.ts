import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { makeWatchActivities } from '../../activities/index.ts';
import type { Deps } from '../../activities/deps.ts';
import type { Target } from '../../activities/targets/target.ts';
import type { Ledger } from '../../src/store/ledger.ts';
import { fleetTarget } from './fleet.ts';

// The one worker process that is measured: as `sluiced worker` runs the watch queue, with a source and a ledger in
// memory. It says once a second what it has seen.

const [address = '', taskQueue = '', slots = '', zeroMs = '', instances = ''] = process.argv.slice(2);
const zero = Number(zeroMs);

let lateness: number[] = [];
const ledger: Pick<Ledger, 'addSample' | 'samples'> = {
  // A sample's `t` is the moment that it was due; here it has been read, booked and judged.
  addSample: async (_rolloutId, watch, t) => {
    if (watch >= 0) lateness.push(Date.now() - (zero + t * 1000));
  },
  samples: async () => [],
};

const targets = new Map<string, Pick<Target, 'read' | 'history'>>();
const deps = {
  ledger,
  recordings: { put: async () => '0'.repeat(64) },
  target: (_file: unknown, place: { readonly service: string }) => {
    const found = targets.get(place.service) ?? fleetTarget(targets.size + 1, Number(instances));
    targets.set(place.service, found);
    return found;
  },
  clock: () => Date.now(),
  log: pino({ level: 'error' }),
};

Runtime.install({ logger: new DefaultLogger('ERROR') });
const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  taskQueue,
  // What a watch needs of its process, and nothing else.
  activities: makeWatchActivities(deps as unknown as Deps),
  maxConcurrentActivityTaskExecutions: Number(slots),
});
const report = setInterval(() => {
  const { user, system } = process.cpuUsage();
  const { maxRSS } = process.resourceUsage();
  process.send?.({ lateness, cpuMs: (user + system) / 1000, maxRssMiB: maxRSS / 1024 });
  lateness = [];
}, 1000);
process.once('message', () => worker.shutdown());
process.send?.('ready');
await worker.run();
clearInterval(report);
await connection.close();
process.disconnect();
