// Starts one instance, or finds it running; says so where it ends at once: node start.mjs RUN-FOLDER INSTANCE DIGEST MANIFEST.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import path from 'node:path';
import { claim, running, until } from './running.mjs';

const [run, instance, digest, manifest] = process.argv.slice(2);
mkdirSync(run, { recursive: true });
// Asked for twice at once, it is started once: whoever comes second waits for what the first one starts.
const claimed = claim(run, instance);
let child = null;
if (claimed !== null && running(run, instance) === null) {
  const log = openSync(path.join(run, `${instance}.log`), 'a');
  // A session of its own: it lives on when the worker that had it started does not.
  const options = { detached: true, stdio: ['ignore', log, log] };
  const app = path.join(import.meta.dirname, 'app.mjs');
  child = spawn(process.execPath, [app, run, instance, digest, manifest], options);
  child.unref();
  closeSync(log);
}
const found = await until(
  () => running(run, instance) ?? (hasEnded(child) ? { ended: child.exitCode } : null),
);
if (claimed !== null) rmSync(claimed, { force: true });
if ('ended' in found) {
  const message = `${instance} ended with ${found.ended} at its start: see ${instance}.log`;
  console.log(JSON.stringify({ ok: false, code: 'refused', message }));
  process.exit(1);
}
console.log(JSON.stringify({ address: found.address, digest: found.digest }));

function hasEnded(process) {
  return process !== null && (process.exitCode !== null || process.signalCode !== null);
}
