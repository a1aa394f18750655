import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventLogPath } from '../../activities/targets/practice/control-path.ts';
import { readPracticeEvents } from '../../activities/targets/practice/event-log.ts';
import { exists } from '../../tools/stamp.ts';
import { practiceHome } from '../../worker/targets.ts';

export type Leftover = { readonly pid: number; readonly what: string };

const maxBuffer = 16 * 1024 * 1024;
/** The title of a practice instance names no folder, so its number is known from the plane's log. */
const instanceTitle = 'practice ';

/**
 * Processes that still belong to these stands, given by their folders: those that name one in their arguments (daemon,
 * Temporal, plane), and instances that their planes have started.
 */
export const leftovers = async (stands: readonly string[]): Promise<readonly Leftover[]> => {
  const instances = new Set<number>();
  for (const stand of stands) {
    const home = practiceHome(join(stand, 'home'));
    if (!(await exists(eventLogPath(home)))) continue;
    for (const event of await readPracticeEvents(home)) {
      if (event.event === 'instance-started') instances.add(event.pid);
    }
  }
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-eo', 'pid=,args='], { maxBuffer });
  return stdout.split('\n').flatMap((line) => {
    const [, number, what = ''] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    if (number === undefined) return [];
    const pid = Number(number);
    const ours =
      stands.some((stand) => what.includes(`${stand}/`)) ||
      (instances.has(pid) && what.startsWith(instanceTitle));
    return ours ? [{ pid, what: what.slice(0, 160) }] : [];
  });
};

/** Ends them by force, until none is left: a daemon may start one while another is being ended. */
export const endLeftovers = async (stands: readonly string[]): Promise<void> => {
  for (let left = await leftovers(stands); left.length > 0; left = await leftovers(stands)) {
    for (const { pid } of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
      }
    }
  }
};
