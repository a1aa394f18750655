import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Unix sockets take about 104 bytes of path; beyond 100 the socket moves to the folder for temporary files. */
const longestSocketPath = 100;

/** Where the plane of this home listens, the same for the plane and for those who call it. */
export const controlPath = (home: string): string => {
  const absolute = resolve(home);
  const direct = join(absolute, 'control.sock');
  if (Buffer.byteLength(direct) <= longestSocketPath) return direct;
  const short = createHash('sha256').update(absolute).digest('hex').slice(0, 16);
  return join(tmpdir(), `sluice-practice-${short}.sock`);
};

export const eventLogPath = (home: string): string => join(home, 'events.jsonl');
export const statePath = (home: string): string => join(home, 'state.json');
export const lockPath = (home: string): string => join(home, 'plane.lock');
