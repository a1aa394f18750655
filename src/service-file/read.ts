import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import type { SluiceError } from '../../runbooks/errors.ts';
import { serviceFileSchema } from '../../runbooks/service.ts';
import type { ServiceFile } from '../../runbooks/service.ts';
import { environmentsFrom } from './from-folder.ts';
import { freezeIssues } from './freeze-issues.ts';
import { findingsOf } from './issues.ts';
import type { Known } from './json-schema.ts';
import { knownAt } from './json-schema.ts';
import type { Finding } from './problems.ts';
import { placeFindings, serviceFileError } from './problems.ts';
import { readYaml } from './yaml.ts';

/** Largest service file in bytes: file and text both travel in a workflow's input. */
export const largestFile = 64 * 1024;

/**
 * A service file that was read: `file` with defaults filled in and paths made absolute, `text` as it stood (UTF-8 of
 * it is what `sha256`, in hex, was made of), `path` as it was asked for.
 */
export type LoadedService = {
  readonly file: ServiceFile;
  readonly text: string;
  readonly sha256: string;
  readonly path: string;
};

/**
 * Parses the bytes of a service file. `path` names it in problems, and its folder is where relative paths begin.
 * Throws `SluiceError` SERVICE_FILE_INVALID with every problem, each with its place, in `details.problems`.
 */
export const parseServiceFile = (source: string | Uint8Array, path: string): LoadedService => {
  const { value: file, text, sha256 } = parseDocument(source, path, serviceFileSchema, knownAt, freezeIssues);
  const folder = dirname(resolve(path));
  return {
    file: {
      ...file,
      artifact: fromFolder(file.artifact, folder),
      environments: environmentsFrom(file.environments, folder),
    },
    ...{ text, sha256, path },
  };
};

/** Any file of this kind: YAML that a schema describes; `more` finds what only a whole file can be asked for. Throws as `parseServiceFile` does. */
export const parseDocument = <T>(
  source: string | Uint8Array,
  path: string,
  schema: z.ZodType<T>,
  known: Known,
  more: (value: T) => readonly z.core.$ZodIssue[] = () => [],
): { readonly value: T; readonly text: string; readonly sha256: string } => {
  const bytes = typeof source === 'string' ? Buffer.from(source, 'utf8') : source;
  if (bytes.length > largestFile) {
    throw tooLarge(path, bytes.length);
  }
  const text = decode(bytes, path);
  // A byte order mark says nothing in UTF-8; columns count without it.
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  const yaml = readYaml(body);
  if (yaml.value === undefined) throw refusal(path, body, yaml.findings);
  const parsed = schema.safeParse(yaml.value);
  const findings = [
    ...yaml.findings,
    ...findingsOf(parsed.success ? more(parsed.data) : parsed.error.issues, {
      ...{ root: yaml.root, value: yaml.value, known },
    }),
  ];
  if (!parsed.success || findings.length > 0) throw refusal(path, body, findings);
  return { value: parsed.data, text, sha256: createHash('sha256').update(bytes).digest('hex') };
};

/** A relative folder begins at the file's own. */
const fromFolder = (artifact: ServiceFile['artifact'], folder: string): ServiceFile['artifact'] =>
  artifact.manifests === undefined
    ? artifact
    : { ...artifact, manifests: resolve(folder, artifact.manifests) };

/** Reads and parses a service file. Throws as `parseServiceFile` does, also where it can not be read. */
export const readServiceFile = async (path: string): Promise<LoadedService> =>
  parseServiceFile(await readBytes(path), path);

/** The bytes of a file, however strange it is. Throws as `parseServiceFile` does. */
export const readBytes = async (path: string): Promise<Uint8Array> => {
  const handle = await openFile(path);
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw unreadable(path, found.isDirectory() ? 'it is a folder' : 'it is no file');
    if (found.size > largestFile) throw tooLarge(path, found.size);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
};

const openFile = async (path: string): Promise<FileHandle> => {
  try {
    // Not blocking: to open a pipe that nobody writes to would wait for ever.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw unreadable(path, sayFault(error), error);
  }
};

const sayFault = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'this user may not';
  return error instanceof Error ? error.message : String(error);
};

/** Refuses what is not UTF-8 at the first line that is not, instead of showing replacement characters later. */
const decode = (bytes: Uint8Array, path: string): string => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  let start = 0;
  while (start < buffer.length) {
    const feed = buffer.indexOf(0x0a, start);
    const end = feed === -1 ? buffer.length : feed + 1;
    if (!isUtf8(buffer.subarray(start, end))) break;
    start = end;
  }
  const offset = buffer.toString('utf8', 0, start).length;
  const shown = buffer.toString('utf8');
  const hint = 'save the file as UTF-8';
  const bad = Math.max(offset, shown.indexOf('\ufffd', offset));
  throw refusal(path, shown, [{ offset: bad, path: '', message: 'is not UTF-8 here', hint }]);
};

const tooLarge = (path: string, size: number): SluiceError =>
  refusal(path, '', [
    whole(`holds ${String(size)} bytes, more than ${String(largestFile)}`, 'one file declares one service'),
  ]);

const unreadable = (path: string, why: string, cause?: unknown): SluiceError =>
  refusal(path, '', [whole(`can not be read: ${why}`, 'give the path of a service file')], cause);

const whole = (message: string, hint: string): Finding => ({ offset: 0, path: '', message, hint });

const refusal = (path: string, text: string, findings: readonly Finding[], cause?: unknown): SluiceError =>
  serviceFileError({
    problems: placeFindings(findings, text, path),
    total: findings.length,
    // Also seen where the YAML is broken: `sluice deploy shop` then shows what is wrong with shop's file.
    service: /^service:[ \t]*["']?([a-z0-9-]{1,63})["']?[ \t\r]*(?:#|$)/m.exec(text)?.[1] ?? null,
    cause,
  });
