import { createHash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '../../../runbooks/errors.ts';
import { version as versionSchema } from '../../../runbooks/names.ts';
import type { Release } from '../../../runbooks/runbook.ts';
import { manifestLimit, parseManifest } from './manifest.ts';
import { messageOf, systemCode } from './system-code.ts';

/** A release with the text of its manifest. */
export type ResolvedManifest = { readonly release: Release; readonly text: string };

const byName = new Intl.Collator('en', { numeric: true });

/** `sha256:<hex>` of the bytes. */
export const digestOf = (bytes: Uint8Array | string): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const namesIn = async (folder: string): Promise<readonly string[]> => {
  try {
    return (await readdir(folder)).filter((file) => file.endsWith('.json')).sort(byName.compare);
  } catch (error) {
    throw new SluiceError(
      {
        code: 'ARTIFACT_NOT_FOUND',
        message: `The folder of manifests ${folder} can not be read (${messageOf(error)}).`,
        hint: 'Point `artifact.manifests` of the service file at the folder that holds <version>.json files.',
      },
      { cause: error },
    );
  }
};

const notFound = async (folder: string, version: string, cause: unknown): Promise<SluiceError> => {
  const names = await namesIn(folder);
  const shown = names.slice(0, 10).join(', ');
  const more = names.length > 10 ? ` and ${String(names.length - 10)} more` : '';
  return new SluiceError(
    {
      code: 'ARTIFACT_NOT_FOUND',
      message: `There is no ${version}.json in ${folder}; it holds ${names.length === 0 ? 'no manifest' : shown + more}.`,
      hint: `Deploy one of those versions, or add ${version}.json.`,
      details: { folder, version, found: names.slice(0, 10) },
    },
    { cause },
  );
};

/** At most one byte above the limit is read, whatever the file's size says. */
const readLimited = async (path: string): Promise<Buffer> => {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(manifestLimit + 1);
    let filled = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, null);
      filled += bytesRead;
      if (bytesRead === 0 || filled === buffer.length) return buffer.subarray(0, filled);
    }
  } finally {
    await file.close();
  }
};

const invalid = (path: string, problems: readonly string[], hint: string): SluiceError =>
  new SluiceError({
    code: 'ARTIFACT_INVALID',
    message: `${path}: ${problems.join('; ')}`,
    hint,
    details: { path, problems },
  });

/**
 * Turns a version into an immutable release: `<folder>/<version>.json` and the digest of its bytes.
 *
 * @throws SluiceError VERSION_INVALID, ARTIFACT_NOT_FOUND (says which manifests exist), ARTIFACT_INVALID (every problem
 * with its path; larger than 64 KiB; names another service or version).
 */
export const resolveManifest = async (
  folder: string,
  wanted: { readonly service: string; readonly version: string },
): Promise<ResolvedManifest> => {
  const { service, version } = wanted;
  const usable = versionSchema.safeParse(version);
  if (!usable.success) {
    throw new SluiceError({
      code: 'VERSION_INVALID',
      message: `The version ${JSON.stringify(version.slice(0, 140))} ${usable.error.issues[0]?.message ?? 'is not usable'}.`,
    });
  }
  const path = join(folder, `${version}.json`);
  let bytes: Buffer;
  try {
    bytes = await readLimited(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw await notFound(folder, version, error);
    }
    throw new SluiceError(
      {
        code: 'ARTIFACT_INVALID',
        message: `${path} can not be read (${messageOf(error)}).`,
        hint: 'It must be a file that the worker may read.',
      },
      { cause: error },
    );
  }
  if (bytes.length > manifestLimit) throw invalid(path, ['larger than 64 KiB'], 'Make the manifest smaller.');
  const text = bytes.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(bytes)) throw invalid(path, ['not UTF-8'], 'Save the file as UTF-8.');
  const parsed = parseManifest(text);
  if (!parsed.ok) throw invalid(path, parsed.problems, 'docs/practice.md lists the keys of a manifest.');
  if (parsed.manifest.service !== service) {
    const problem = `service: is ${parsed.manifest.service}, but ${service} was asked for`;
    throw invalid(
      path,
      [problem],
      `Set "service" to "${service}", or point the service file at its own folder.`,
    );
  }
  if (parsed.manifest.version !== version) {
    const problem = `version: is ${parsed.manifest.version}, but the file's name says ${version}`;
    throw invalid(path, [problem], 'Give file and "version" the same version.');
  }
  return { release: { version, digest: digestOf(bytes) }, text };
};
