import { basename } from 'node:path';
import { z } from 'zod';
import type { AccessFile } from '../../runbooks/access-file.ts';
import { accessFileSchema } from '../../runbooks/access-file.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import { knownBy } from '../service-file/json-schema.ts';
import { readBytes } from '../service-file/document.ts';
import { parseDocument } from '../service-file/read.ts';

/** Beside the service files. */
export const accessFileName = 'access.yml';

export const isAccessFile = (path: string): boolean => basename(path) === accessFileName;

type JsonSchema = z.core.JSONSchema.BaseSchema;
let made: JsonSchema | null = null;

/** JSON Schema (2020-12) of `access.yml`. */
export const accessJsonSchema = (): JsonSchema =>
  (made ??= { title: 'Sluice access file', ...z.toJSONSchema(accessFileSchema, { io: 'input' }) });

const known = knownBy(accessJsonSchema);

/** @throws SluiceError ACCESS_FILE_INVALID with every problem, each with its place and mend, in `details.problems` */
export const parseAccessFile = (source: string | Uint8Array, path: string): AccessFile =>
  asAccess(() => parseDocument(source, path, accessFileSchema, known).value);

/** @throws as `parseAccessFile`, also where the file can not be read */
export const readAccessFile = async (path: string): Promise<AccessFile> => {
  let bytes: Uint8Array;
  try {
    bytes = await readBytes(path);
  } catch (error) {
    throw asAccessError(error);
  }
  return parseAccessFile(bytes, path);
};

const asAccess = <T>(read: () => T): T => {
  try {
    return read();
  } catch (error) {
    throw asAccessError(error);
  }
};

/** A file of YAML is refused in the same words whatever it is; only the code tells which. */
const asAccessError = (error: unknown): unknown =>
  error instanceof SluiceError && error.code === 'SERVICE_FILE_INVALID'
    ? new SluiceError({ ...error.toProblem(), code: 'ACCESS_FILE_INVALID' }, { cause: error })
    : error;
