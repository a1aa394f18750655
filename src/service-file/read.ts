import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import type { ServiceFile } from '../../runbooks/service.ts';
import { serviceFileSchema } from '../../runbooks/service.ts';
import { openDocument, readBytes, refusal } from './document.ts';
import { environmentsFrom } from './from-folder.ts';
import { freezeIssues } from './freeze-issues.ts';
import { findingsOf, within } from './issues.ts';
import type { Known } from './json-schema.ts';
import { knownAt } from './json-schema.ts';
import { effectiveOf } from './organisation/effective.ts';
import type { Holding } from './organisation/effective.ts';
import type { Organisation } from './organisation/read.ts';
import { readOrganisationBeside } from './organisation/read.ts';

/**
 * A service file that was read: `file` with what it inherits, defaults filled in and paths made absolute, `text` as it
 * stood (UTF-8 of it is what `sha256`, in hex, was made of), `path` as it was asked for.
 */
export type LoadedService = {
  readonly file: ServiceFile;
  readonly text: string;
  readonly sha256: string;
  readonly path: string;
  /** What it inherits from, and whose floors it keeps; `null`: from nobody. */
  readonly organisation: Organisation | null;
};

/**
 * Parses the bytes of a service file. `path` names it in problems, and its folder is where relative paths begin.
 * Throws `SluiceError` SERVICE_FILE_INVALID with every problem, each with its place, in `details.problems`.
 */
export const parseServiceFile = (
  source: string | Uint8Array,
  path: string,
  organisation: Organisation | null = null,
  holding: Holding = 'floors',
): LoadedService => {
  const document = openDocument(source, path);
  const effective = effectiveOf(document, organisation, holding);
  const parsed = serviceFileSchema.safeParse(effective.value);
  const { value, find } = effective;
  const findings = [
    ...document.findings,
    ...findingsOf(parsed.success ? freezeIssues(parsed.data) : parsed.error.issues, {
      ...{ value, find, known: knownAt },
    }),
    ...effective.findings,
  ];
  if (!parsed.success || findings.length > 0) throw refusal(document, findings);
  const file = parsed.data;
  const folder = dirname(resolve(path));
  return {
    file: {
      ...file,
      artifact: fromFolder(file.artifact, folder),
      environments: environmentsFrom(file.environments, folder),
    },
    ...{ text: document.text, sha256: document.sha256, path, organisation },
  };
};

/** Any file of this kind: YAML that a schema describes; `more` finds what only a whole file can be asked for. Throws as `parseServiceFile` does. */
export const parseDocument = <T>(
  source: string | Uint8Array,
  path: string,
  schema: z.ZodType<T>,
  known: Known,
): { readonly value: T; readonly text: string; readonly sha256: string } => {
  const document = openDocument(source, path);
  const { value, root, text, sha256 } = document;
  const parsed = schema.safeParse(value);
  const issues = parsed.success ? [] : parsed.error.issues;
  const findings = [...document.findings, ...findingsOf(issues, { value, known, find: within(root) })];
  if (!parsed.success || findings.length > 0) throw refusal(document, findings);
  return { value: parsed.data, text, sha256 };
};

/** A relative folder begins at the file's own. */
const fromFolder = (artifact: ServiceFile['artifact'], folder: string): ServiceFile['artifact'] =>
  artifact.manifests === undefined
    ? artifact
    : { ...artifact, manifests: resolve(folder, artifact.manifests) };

/**
 * Reads and parses a service file, with the organisation's that lies beside it. Throws as `parseServiceFile` does, also
 * where it can not be read, and ORGANISATION_FILE_INVALID where that one is wrong.
 */
export const readServiceFile = async (path: string): Promise<LoadedService> => {
  const bytes = await readBytes(path);
  const { organisation, error } = await readOrganisationBeside(path);
  if (error !== null) throw error;
  return parseServiceFile(bytes, path, organisation);
};
