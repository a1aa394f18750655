// Starts one instance, or finds it running: node start.mjs RUN-FOLDER INSTANCE DIGEST MANIFEST.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { running, until } from './running.mjs';

const [run, instance, digest, manifest] = process.argv.slice(2);
mkdirSync(run, { recursive: true });
if (running(run, instance) === null) {
  const log = openSync(path.join(run, `${instance}.log`), 'a');
  // A session of its own: it lives on when the worker that had it started does not.
  const options = { detached: true, stdio: ['ignore', log, log] };
  const app = path.join(import.meta.dirname, 'app.mjs');
  spawn(process.execPath, [app, run, instance, digest, manifest], options).unref();
  closeSync(log);
}
const { address, digest: runs } = await until(() => running(run, instance));
console.log(JSON.stringify({ address, digest: runs }));
