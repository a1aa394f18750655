import { lstat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SluiceError } from '../../../runbooks/errors.ts';
import { organisationSchema } from '../../../runbooks/organisation/organisation.ts';
import type { Tree } from '../../../runbooks/organisation/tree.ts';
import { at, treeOf } from '../../../runbooks/organisation/tree.ts';
import type { Document } from '../document.ts';
import { openDocument, readBytes, refusal } from '../document.ts';
import { findingsOf, within } from '../issues.ts';
import { organisationKnownAt } from '../json-schema.ts';
import { contradictions } from './contradictions.ts';

/** Beside the service files. */
export const organisationFileName = 'sluice.yml';
/** What somebody might have meant by it: floors that are not in force must not look as if they were. */
const misnamed = 'sluice.yaml';

export const isOrganisationFile = (path: string): boolean =>
  basename(path) === organisationFileName || basename(path) === misnamed;

/** What service files inherit and keep; `defaults` and `floors` as they were written, each knowing its place. */
export type Organisation = {
  readonly document: Document;
  readonly text: string;
  readonly sha256: string;
  readonly defaults: Tree | undefined;
  readonly floors: Tree | undefined;
};

/**
 * `organisation` `null` without `error`: there is none. With an error it is what could be made of the file all the
 * same: enough for a way back, never for a deploy.
 */
export type OrganisationRead = {
  readonly organisation: Organisation | null;
  readonly error: SluiceError | null;
};

const none: OrganisationRead = { organisation: null, error: null };

/** Parses the bytes of `sluice.yml`; never throws for any of them. The error has every problem with its place. */
export const parseOrganisation = (source: string | Uint8Array, path: string): OrganisationRead => {
  try {
    const { text, sha256, value, findings, ...document } = openDocument(source, path);
    const tree = treeOf(value, { by: 'defaults', path: [] });
    const defaults = at(tree, ['defaults']);
    const floors = at(treeOf(value, { by: 'floors', path: [] }), ['floors']);
    const organisation: Organisation = { document, text, sha256, defaults, floors };
    const parsed = organisationSchema.safeParse(value);
    const parts = { value, known: organisationKnownAt, find: within(document.root) };
    const found = [
      ...findings,
      ...(parsed.success ? contradictions(organisation) : findingsOf(parsed.error.issues, parts)),
    ];
    const error = found.length === 0 ? null : organisationError(refusal(document, found));
    return { organisation, error };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { organisation: null, error: organisationError(error) };
  }
};

/** The organisation's file of a folder. Never throws for what lies there. */
export const readOrganisation = async (folder: string): Promise<OrganisationRead> => {
  const wrong = join(folder, misnamed);
  if (await exists(wrong)) return { organisation: null, error: organisationError(wrongName(wrong)) };
  const path = join(folder, organisationFileName);
  // Also a link that leads nowhere is one that somebody relies on.
  if (!(await exists(path))) return none;
  try {
    return parseOrganisation(await readBytes(path), path);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { organisation: null, error: organisationError(error) };
  }
};

/** The one that lies beside a service file. */
export const readOrganisationBeside = (serviceFile: string): Promise<OrganisationRead> =>
  readOrganisation(dirname(serviceFile));

const exists = async (path: string): Promise<boolean> => {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    // What can not be looked at is told by whoever opens it.
    return true;
  }
};

const wrongName = (path: string): SluiceError =>
  refusal({ path, body: '' }, [
    {
      offset: 0,
      path: '',
      message: `has a name that is not read: the file of the organisation is ${organisationFileName}`,
      hint: `rename it to ${organisationFileName}`,
    },
  ]);

/** A file of YAML is refused in the same words whatever it is; only the code tells which. */
const organisationError = (error: SluiceError): SluiceError =>
  new SluiceError({ ...error.toProblem(), code: 'ORGANISATION_FILE_INVALID' }, { cause: error });
