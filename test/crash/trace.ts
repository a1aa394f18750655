import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isAbsent } from '../../tools/stamp.ts';
import type { Kill } from './plan.ts';

const lineSchema = z.strictObject({
  /** Ms since the epoch. */
  at: z.number(),
  pid: z.number(),
  plan: z.string(),
  event: z.enum(['begin', 'end', 'failed', 'killed', 'held']),
  activity: z.string(),
  /** `<run>/<activity id>`: the same for every attempt. */
  id: z.string(),
  attempt: z.int(),
  /** Of `killed`: at which side of the activity. */
  when: z.enum(['before', 'during', 'after', 'held']).optional(),
  rolloutId: z.string().optional(),
  /** Of writes. */
  key: z.string().optional(),
  /** Of records: the types of their events. */
  tells: z.array(z.string()).readonly().optional(),
  /** Of watches: number, percent of the traffic, begin and end as they were told (ISO). */
  watch: z.int().optional(),
  percent: z.int().optional(),
  startsAt: z.string().optional(),
  endsAt: z.string().optional(),
});

/** One line of the daemon's own account of its activities, which outlives it: written before it is killed. */
export type TraceLine = Readonly<z.output<typeof lineSchema>>;

const aboutSchema = z.object({
  rolloutId: z.string().optional(),
  key: z.string().optional(),
  watch: z.int().optional(),
  percent: z.int().optional(),
  startsAt: z.string().optional(),
  endsAt: z.string().optional(),
});

const batchSchema = z.array(z.object({ rolloutId: z.string(), body: z.object({ type: z.string() }) }));

/** What of an activity's first argument the trace keeps; of a batch of events what they tell, and whose the first is. */
export const aboutOf = (argument: unknown): About => {
  const batch = batchSchema.safeParse(argument).data;
  if (batch === undefined) return aboutSchema.safeParse(argument).data ?? {};
  const rolloutId = batch[0]?.rolloutId;
  return {
    ...(rolloutId === undefined ? {} : { rolloutId }),
    tells: batch.map(({ body }) => body.type),
  };
};

export type About = z.output<typeof aboutSchema> & { readonly tells?: readonly string[] };

const traceFile = (folder: string): string => join(folder, 'trace.jsonl');

/** Ids of the activities that a kill counts, in the order in which they began. */
export const counted = (
  trace: readonly TraceLine[],
  plan: string,
  kill: Omit<Kill, 'nth' | 'when'>,
): readonly string[] => {
  const ids = trace.flatMap((line) =>
    line.event === 'begin' &&
    line.plan === plan &&
    line.activity === kill.activity &&
    (kill.percent === undefined || line.percent === kill.percent) &&
    (kill.tells === undefined || line.tells?.includes(kill.tells) === true) &&
    (kill.back === undefined || line.key?.includes('/back/') === true)
      ? [line.id]
      : [],
  );
  return [...new Set(ids)];
};

/** Written with one call: a kill leaves the whole line or none. */
export const appendTrace = (folder: string, line: TraceLine): void => {
  appendFileSync(traceFile(folder), `${JSON.stringify(line)}\n`);
};

export const readTrace = (folder: string): readonly TraceLine[] => {
  try {
    const text = readFileSync(traceFile(folder), 'utf8');
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => lineSchema.parse(JSON.parse(line)));
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
};
