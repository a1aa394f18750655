// Starts one instance, or finds it running: node start.mjs RUN-FOLDER INSTANCE DIGEST MANIFEST.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import path from 'node:path';
import { claim, running, until } from './running.mjs';

const [run, instance, digest, manifest] = process.argv.slice(2);
mkdirSync(run, { recursive: true });
// Asked for twice at once, it is started once: whoever comes second waits for what the first one starts.
const claimed = claim(run, instance);
if (claimed !== null && running(run, instance) === null) {
  const log = openSync(path.join(run, `${instance}.log`), 'a');
  // A session of its own: it lives on when the worker that had it started does not.
  const options = { detached: true, stdio: ['ignore', log, log] };
  const app = path.join(import.meta.dirname, 'app.mjs');
  spawn(process.execPath, [app, run, instance, digest, manifest], options).unref();
  closeSync(log);
}
const { address, digest: runs } = await until(() => running(run, instance));
if (claimed !== null) rmSync(claimed, { force: true });
console.log(JSON.stringify({ address, digest: runs }));
