import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { name, version } from '../../../../runbooks/names.ts';
import { actionSchema, instances, loadSchema, markSchema, planeProtocol } from '../control.ts';
import { systemCode } from '../system-code.ts';

const lastWriteSchema = z.strictObject({
  ...markSchema.shape,
  action: actionSchema,
  outcome: z.enum(['applied', 'refused']),
});

const recordSchema = z.strictObject({
  port: z.int(),
  load: loadSchema.nullable(),
  groups: z.array(
    z.strictObject({
      version,
      digest: z.string(),
      text: z.string(),
      // Absent: as many as the manifest says.
      instances: instances.optional(),
    }),
  ),
  weights: z.record(version, z.int()),
  stable: version.nullable(),
  fence: z.int(),
  last: lastWriteSchema.nullable(),
});

const stateFileSchema = z.strictObject({
  protocol: z.literal(planeProtocol),
  services: z.record(name, recordSchema),
});

/** The write that raised the fence to where it is. */
export type LastWrite = z.output<typeof lastWriteSchema>;

/** The wanted state of one service: what a plane that was killed brings back. Weights are those above 0. */
export type ServiceRecord = z.output<typeof recordSchema>;

export type ServiceRecords = Readonly<Record<string, ServiceRecord>>;

/** @throws Error if the file is there but isn't a state: a plane must not begin empty over services that exist. */
export const readState = async (path: string): Promise<ServiceRecords> => {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return {};
    throw error;
  }
  try {
    return stateFileSchema.parse(JSON.parse(text)).services;
  } catch (error) {
    const mend = 'Mend the file, or move it away to begin without services.';
    throw new Error(`${path} is not a state of this version of the practice plane. ${mend}`, {
      cause: error,
    });
  }
};

/** Replaces the state as a whole; when it resolves, the new one is what any successor reads. */
export const writeState = async (path: string, services: ServiceRecords): Promise<void> => {
  const next = `${path}.next`;
  const file = await open(next, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify({ protocol: planeProtocol, services }));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};
