/**
 * `node test/crash/daemon.ts FOLDER`: the daemon as `sluiced dev` runs it, which kills itself where the plan in
 * FOLDER says so. A child of the crash lane: it tells its address over the channel, and stops in order when that
 * closes.
 */
import { flushCompileCache } from 'node:module';
import { readConfig } from '../../src/config.ts';
import { startDev } from '../../worker/dev.ts';
import { startLog } from '../../worker/log.ts';
import { crashInterceptors } from './interceptor.ts';

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: daemon.ts FOLDER');

const stopped = new Promise<void>((resolve) => {
  process.once('SIGTERM', resolve);
  process.once('disconnect', resolve);
  // The runner may be gone before this daemon has come to this line.
  if (!process.connected) resolve();
});
const config = readConfig(process.env);
const running = await startDev(config, startLog(config.logLevel), {
  interceptors: crashInterceptors(folder),
});
process.send?.({ url: running.url });
// What is killed writes no cache at its end: the next life starts from this one's.
flushCompileCache();
await Promise.race([stopped, running.failed]);
await running.stop();
process.exit(0);
