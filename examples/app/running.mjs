import { readFileSync, rmSync, writeFileSync } from 'node:fs';
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

/** The file that says that we start it; null where somebody else does, who still lives. */
export const claim = (run, instance) => {
  const file = path.join(run, `${instance}.starting`);
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return file;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (lives(file)) return null;
    rmSync(file, { force: true });
  }
};

/** Whether the process whose number the file holds is there; an empty file is one that is being written. */
const lives = (file) => {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return pid === 0 || process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return false;
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
