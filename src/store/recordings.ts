import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { SluiceError } from '../../runbooks/errors.ts';

/** Recordings of watches: compressed, outside the chain, known by the SHA-256 (hex) of their JSON. */
export type Recordings = {
  /** Keeps the text; the same text again is the same recording. @returns its SHA-256, hex */
  put(json: string): Promise<string>;
  /** @throws SluiceError NOT_FOUND where it was pruned or lies on another machine, LEDGER_BROKEN where it was changed */
  get(sha256: string): Promise<string>;
  /** Forgets those that were made before `beforeMs` (ms since the epoch). @returns how many */
  prune(beforeMs: number): Promise<number>;
};

/** How long a recording is kept. */
export const recordingsKeptMs = 90 * 24 * 3_600_000;

/** The largest that is unpacked, in bytes: a file of zeros packs to almost nothing. */
const largest = 512 * 1024 * 1024;
const suffix = '.json.gz';

const hashOf = (json: string): string => createHash('sha256').update(json).digest('hex');

/** In a folder: with several processes, one that all of them see. */
export const recordingsIn = (folder: string): Recordings => {
  const fileOf = (sha256: string): string => path.join(folder, sha256.slice(0, 2), `${sha256}${suffix}`);
  return {
    async put(json) {
      const sha256 = hashOf(json);
      const file = fileOf(sha256);
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      const unfinished = `${file}.${String(process.pid)}.new`;
      await writeFile(unfinished, await promisify(gzip)(json), { mode: 0o600 });
      await rename(unfinished, file);
      return sha256;
    },

    async get(sha256) {
      if (!/^[0-9a-f]{64}$/.test(sha256)) throw missing(sha256);
      let packed: Buffer;
      try {
        packed = await readFile(fileOf(sha256));
      } catch (error) {
        if (isAbsent(error)) throw missing(sha256);
        throw error;
      }
      const json = (await promisify(gunzip)(packed, { maxOutputLength: largest })).toString('utf8');
      if (hashOf(json) === sha256) return json;
      throw new SluiceError({
        code: 'LEDGER_BROKEN',
        message: `The recording ${sha256.slice(0, 12)}… is not the one whose hash stands in the ledger: it was changed.`,
        hint: 'Bring it back from a backup; what the gate decided stands in the ledger unchanged.',
      });
    },

    async prune(beforeMs) {
      let pruned = 0;
      for (const part of await namesIn(folder)) {
        for (const name of await namesIn(path.join(folder, part))) {
          const file = path.join(folder, part, name);
          if ((await stat(file)).mtimeMs >= beforeMs) continue;
          await rm(file, { force: true });
          pruned += 1;
        }
      }
      return pruned;
    },
  };
};

const namesIn = async (folder: string): Promise<readonly string[]> => {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
};

const isAbsent = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');

const missing = (sha256: string): SluiceError =>
  new SluiceError({
    code: 'NOT_FOUND',
    message: `The recording ${sha256.slice(0, 12)} is not there.`,
    hint: 'Recordings are kept for 90 days, in the folder that SLUICE_RECORDINGS names: every worker and every sluiced serve must see the same one.',
  });
