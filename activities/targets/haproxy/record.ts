import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { SluiceError } from '../../../runbooks/errors.ts';
import { version } from '../../../runbooks/names.ts';
import { replaceFile } from '../../replace-file.ts';
import { messageOf, systemCode } from '../practice/system-code.ts';

const digest = z.string().min(1).max(200);
const count = z.int().min(0).max(100);

/** One process of a version. `address`, `server`: unknown until it was started and given a server. */
const instanceSchema = z.strictObject({
  id: z.string().min(1).max(300),
  version,
  index: count,
  digest,
  address: z.string().min(1).max(100).nullable(),
  server: z.string().min(1).max(200).nullable(),
  /** Whether it was seen ready since it was placed: until then it has no weight. */
  admitted: z.boolean(),
  /** When its requests were first waited for (ms since the epoch); `null`: it stays. */
  leavingSince: z.number().nullable(),
});

export const actionSchema = z.record(z.string(), z.json());

export const recordSchema = z.strictObject({
  format: z.literal('sluice-haproxy/1'),
  service: z.string().min(1).max(63),
  /** `image`: what `start` is told to run, where releases are images. */
  groups: z
    .array(z.strictObject({ version, digest, instances: count, image: z.string().nullable() }))
    .max(100),
  instances: z.array(instanceSchema).max(1000),
  weights: z.record(version, z.int().min(1).max(100)),
  stable: version.nullable(),
  fence: z.int().min(0),
  last: z
    .strictObject({
      rolloutId: z.string(),
      key: z.string(),
      fence: z.int(),
      action: actionSchema,
      outcome: z.enum(['applied', 'refused']),
    })
    .nullable(),
});

export type BackendRecord = z.output<typeof recordSchema>;
export type RecordedInstance = z.output<typeof instanceSchema>;

export const emptyRecord = (service: string): BackendRecord => ({
  format: 'sluice-haproxy/1',
  service,
  groups: [],
  instances: [],
  weights: {},
  stable: null,
  fence: 0,
  last: null,
});

/** The files of one backend in its state folder. */
export const stateFiles = (folder: string, backend: string) => {
  const base = path.join(folder, backend.replaceAll(':', '_'));
  return {
    record: `${base}.json`,
    servers: `${base}.servers`,
    lock: `${base}.lock`,
    wayBack: `${base}.way-back.json`,
  } as const;
};

const broken = (file: string, why: string, cause: unknown): SluiceError =>
  new SluiceError(
    {
      code: 'TARGET_REFUSED',
      message: `${file} is not what Sluice wrote: ${why}.`,
      hint: 'Restore it. Moved away, Sluice would know of no instance that runs.',
      details: { target: 'haproxy' },
    },
    { cause },
  );

/** `null`: there is none. @throws SluiceError TARGET_REFUSED where it is damaged or another service's */
export const readRecord = async (file: string, service: string): Promise<BackendRecord | null> => {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw broken(file, messageOf(error), error);
  }
  let record: BackendRecord;
  try {
    record = recordSchema.parse(JSON.parse(text));
  } catch (error) {
    throw broken(file, 'it can not be read', error);
  }
  if (record.service === service) return record;
  throw broken(file, `it is of the service ${record.service}, not of ${service}`, null);
};

export const writeRecord = async (file: string, record: BackendRecord): Promise<void> => {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await replaceFile(file, `${JSON.stringify(recordSchema.parse(record), null, 1)}\n`);
};
