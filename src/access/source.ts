import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from 'pino';
import type { AccessFile } from '../../runbooks/access-file.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import { accessFileName, readAccessFile } from './read.ts';

/**
 * `file` `null`: there is none, and nobody but the operator is known. `broken`: it can't be used as it stands; `file`
 * is then what it said before, which tells who somebody is but no longer what they may.
 */
export type AccessState = { readonly file: AccessFile | null; readonly broken: SluiceError | null };

/** `access.yml` as it stands now: looked at before every answer, read when it has changed. */
export type AccessSource = { look(): Promise<AccessState> };

/** Where there is no access file. */
export const nobodyElse: AccessSource = { look: async () => ({ file: null, broken: null }) };

/** The one beside the service files. */
export const accessIn = (services: string, log: Pick<Logger, 'info' | 'error'>): AccessSource => {
  const file = path.join(services, accessFileName);
  let mark: string | null = null;
  let state: AccessState = { file: null, broken: null };
  return {
    look: async () => {
      const now = await markOf(file);
      if (now === mark) return state;
      state = await readAgain(file, now, state);
      mark = now;
      const { broken } = state;
      if (broken !== null) log.error({ file, problem: broken.message }, 'the access file can not be used');
      else log.info({ file, there: state.file !== null }, 'the access file is in force');
      return state;
    },
  };
};

const absent = 'absent';

/** What changes whenever the file does, also when another one is moved to its place. */
const markOf = async (file: string): Promise<string> => {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(file);
    return [ino, size, mtimeMs, ctimeMs].join(' ');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? absent : code;
  }
};

const readAgain = async (file: string, mark: string, before: AccessState): Promise<AccessState> => {
  if (mark === absent) return { file: null, broken: null };
  try {
    return { file: await readAccessFile(file), broken: null };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { file: before.file, broken: error };
  }
};
