import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { name, version } from '../../../runbooks/names.ts';
import { actionSchema, faultSchema, loadSchema, markSchema } from './control.ts';
import { eventLogPath } from './control-path.ts';

/** Every line has its number from 1 without gaps, and the time in ms since the epoch. */
const line = { n: z.int().min(1), at: z.number() };
const write = { ...line, service: name, action: actionSchema, ...markSchema.shape };
const instance = { ...line, service: name, version, instance: z.string(), pid: z.number() };

export const practiceEventSchema = z.discriminatedUnion('event', [
  z.strictObject({ ...line, event: z.literal('plane-started'), pid: z.number(), services: z.array(name) }),
  z.strictObject({ ...line, event: z.literal('plane-stopping'), pid: z.number() }),
  z.strictObject({ ...line, event: z.literal('service-created'), service: name, port: z.number() }),
  z.strictObject({ ...line, event: z.literal('load'), service: name, load: loadSchema }),
  z.strictObject({ ...line, event: z.literal('fault'), service: name, fault: faultSchema }),
  z.strictObject({ ...write, event: z.literal('received') }),
  // `restored`: the plane was killed between the write and this line, which its successor wrote.
  z.strictObject({ ...write, event: z.literal('applied'), restored: z.boolean().optional() }),
  z.strictObject({ ...write, event: z.literal('repeated') }),
  z.strictObject({ ...write, event: z.literal('fenced'), highest: z.number(), why: z.string() }),
  z.strictObject({ ...write, event: z.literal('refused'), code: z.string(), why: z.string() }),
  z.strictObject({
    ...line,
    event: z.literal('weights'),
    service: name,
    weights: z.record(version, z.number()),
  }),
  z.strictObject({ ...instance, event: z.literal('instance-started'), restarts: z.number() }),
  z.strictObject({ ...instance, event: z.literal('instance-ready') }),
  z.strictObject({ ...instance, event: z.literal('instance-unready') }),
  z.strictObject({
    ...instance,
    event: z.literal('instance-exited'),
    code: z.number().nullable(),
    signal: z.string().nullable(),
  }),
]);

/** One line of the plane's log of everything that was done to it. */
export type PracticeEvent = z.output<typeof practiceEventSchema>;

/** An event before the log gives it its number and time. */
export type NewPracticeEvent = PracticeEvent extends infer E
  ? E extends PracticeEvent
    ? Omit<E, 'n' | 'at'>
    : never
  : never;

/** A line that a kill cut short at the very end is not an event. */
export const parseEvents = (text: string): readonly PracticeEvent[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((one) => practiceEventSchema.parse(JSON.parse(one)));

/**
 * Everything that was ever done to the plane of `home`, in order: a witness that doesn't depend on what those who
 * wrote to it believe. Rejects where there has never been a plane.
 */
export const readPracticeEvents = async (home: string): Promise<readonly PracticeEvent[]> =>
  parseEvents(await readFile(eventLogPath(home), 'utf8'));
