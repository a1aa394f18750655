import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isAbsent } from '../../tools/stamp.ts';

/** Every activity at whose boundary the daemon can be killed. */
export const activities = [
  'prepare',
  'preflight',
  'claimKeep',
  'deploy',
  'ready',
  'smoke',
  'scale',
  'shift',
  'flag',
  'watch',
  'promote',
  'retire',
  'verify',
  'record',
] as const;
export type ActivityName = (typeof activities)[number];

const when = z.enum(['before', 'during', 'after', 'held']);

const killSchema = z.strictObject({
  activity: z.enum(activities),
  /** Which activity of that name under this plan, from 1; attempts of one activity count as one. */
  nth: z.int().min(1),
  /** Only watches at this percent of the traffic, and only they are counted. */
  percent: z.int().optional(),
  /** Only a `record` that tells of such an event: how many events a record takes along depends on how busy it is. */
  tells: z.string().optional(),
  /** Only writes of the way back: how many there were before it depends on when somebody said so. */
  back: z.literal(true).optional(),
  /**
   * `before`: before its code runs. `after`: its code has had its effect, Temporal has not heard of it.
   * `during`: in the middle of its window where it has one, else at its first heartbeat.
   * `held`: nobody is killed; before its code runs it waits until the plan is another one.
   */
  when,
});
export type Kill = Readonly<z.output<typeof killSchema>>;

const planSchema = z.strictObject({ id: z.string(), kills: z.array(killSchema).readonly() });

/** Where the daemon is to be killed. Each kill happens once, in whichever order the rollout gets there. */
export type CrashPlan = Readonly<z.output<typeof planSchema>>;

const planFile = (folder: string): string => join(folder, 'plan.json');

/** Puts the plan in the place of the last one; the running daemon obeys it from its next activity on. */
export const writePlan = (folder: string, plan: CrashPlan): void => {
  writeFileSync(`${planFile(folder)}.new`, JSON.stringify(plan));
  renameSync(`${planFile(folder)}.new`, planFile(folder));
};

export const readPlan = (folder: string): CrashPlan => {
  try {
    return planSchema.parse(JSON.parse(readFileSync(planFile(folder), 'utf8')));
  } catch (error) {
    if (isAbsent(error)) return { id: 'none', kills: [] };
    throw error;
  }
};
