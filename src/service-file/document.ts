import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { ParsedNode } from 'yaml';
import type { SluiceError } from '../../runbooks/errors.ts';
import type { Finding } from './problems.ts';
import { placeFindings, serviceFileError } from './problems.ts';
import { readYaml } from './yaml.ts';

/** Largest service file in bytes: file and text both travel in a workflow's input. */
export const largestFile = 64 * 1024;

/** The text of a file with the nodes that know the places in it; `body`: the text that places are counted in. */
export type Document = {
  readonly path: string;
  readonly body: string;
  readonly root: ParsedNode | null;
};

/** A document that was read, `value` as plain data; `findings`: what was wrong but leaves something to look at. */
export type OpenedDocument = Document & {
  readonly text: string;
  readonly sha256: string;
  readonly value: unknown;
  readonly findings: readonly Finding[];
};

/** @throws SluiceError SERVICE_FILE_INVALID where nothing can be made of it, with every problem in `details.problems` */
export const openDocument = (source: string | Uint8Array, path: string): OpenedDocument => {
  const bytes = typeof source === 'string' ? Buffer.from(source, 'utf8') : source;
  if (bytes.length > largestFile) {
    throw tooLarge(path, bytes.length);
  }
  const text = decode(bytes, path);
  // A byte order mark says nothing in UTF-8; columns count without it.
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  const { root, value, findings } = readYaml(body);
  if (value === undefined) throw refusal({ path, body }, findings);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path, body, root, text, sha256, value, findings };
};

/** The bytes of a file, however strange it is. Throws as `openDocument` does. */
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
  throw refusal({ path, body: shown }, [{ offset: bad, path: '', message: 'is not UTF-8 here', hint }]);
};

const tooLarge = (path: string, size: number): SluiceError =>
  refusal({ path, body: '' }, [
    whole(`holds ${String(size)} bytes, more than ${String(largestFile)}`, 'one file declares one service'),
  ]);

const unreadable = (path: string, why: string, cause?: unknown): SluiceError =>
  refusal({ path, body: '' }, [whole(`can not be read: ${why}`, 'give the path of a service file')], cause);

const whole = (message: string, hint: string): Finding => ({ offset: 0, path: '', message, hint });

/** The error that refuses a file for what was found in it, and in what it inherits from. */
export const refusal = (
  { path, body }: Pick<Document, 'path' | 'body'>,
  findings: readonly Finding[],
  cause?: unknown,
): SluiceError =>
  serviceFileError({
    problems: placeFindings(findings, body, path),
    total: findings.length,
    // Also seen where the YAML is broken: `sluice deploy shop` then shows what is wrong with shop's file.
    service: /^service:[ \t]*["']?([a-z0-9-]{1,63})["']?[ \t\r]*(?:#|$)/m.exec(body)?.[1] ?? null,
    cause,
  });
