import { readFileSync } from 'node:fs';
import path from 'node:path';

/** What runs under an instance's name (pid, address, digest); null where nothing does. */
export const running = (run, instance) => {
  try {
    const known = JSON.parse(readFileSync(path.join(run, `${instance}.json`), 'utf8'));
    process.kill(known.pid, 0);
    return known;
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return null;
    throw error;
  }
};

/** Awaits a condition for as long as a start or a stop may take. */
export const until = async (probe, withinMs = 9_000) => {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = probe();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
