import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorTable, SluiceError } from '../../../runbooks/errors.ts';
import { accessFileName, isAccessFile, readAccessFile } from '../../access/read.ts';
import { loadServices } from '../../service-file/folder.ts';
import { organisationJsonSchema, serviceJsonSchema } from '../../service-file/json-schema.ts';
import {
  isOrganisationFile,
  organisationFileName,
  readOrganisation,
} from '../../service-file/organisation/read.ts';
import type { FileProblem } from '../../service-file/problems.ts';
import { fileProblems, renderProblems } from '../../service-file/problems.ts';
import { readServiceFile } from '../../service-file/read.ts';
import type { Cli } from '../command.ts';
import { span } from '../../story/text.ts';
import { print, printJson } from '../terminal.ts';

type Linted = {
  readonly path: string;
  /** `null`: the file is about all of them. */
  readonly service: string | null;
  readonly problems: readonly FileProblem[];
};

/** `sluice lint [FILE…]`: files, or everything in the services folder, checked without a daemon. */
export const lint = async (
  { terminal, options }: Omit<Cli, 'api'>,
  files: readonly string[],
): Promise<number> => {
  const linted =
    files.length > 0
      ? await Promise.all(files.map(lintFile))
      : await lintFolder(terminal.env['SLUICE_SERVICES'] ?? './services');
  const broken = linted.filter(({ problems }) => problems.length > 0);
  if (options.json) printJson(terminal, { ok: broken.length === 0, files: linted });
  else {
    for (const { path, service, problems } of linted) {
      if (problems.length === 0)
        print(terminal, [[span('✓ ', 'good'), span(`${path}: ${service ?? purposeOf(path)}`)]]);
      else terminal.err.write(`${renderProblems(problems)}\n\n`);
    }
  }
  return broken.length === 0 ? 0 : errorTable.SERVICE_FILE_INVALID.exit;
};

const purposeOf = (path: string): string =>
  isAccessFile(path) ? 'who may do what' : 'what services inherit and keep';

const lintFile = async (path: string): Promise<Linted> => {
  try {
    if (isAccessFile(path)) {
      await readAccessFile(path);
      return { path, service: null, problems: [] };
    }
    if (isOrganisationFile(path)) {
      const { error } = await readOrganisation(dirname(path));
      if (error !== null) throw error;
      return { path, service: null, problems: [] };
    }
    const { file } = await readServiceFile(path);
    return { path, service: file.service, problems: [] };
  } catch (error) {
    return brokenFile(path, error);
  }
};

const brokenFile = (path: string, error: unknown): Linted => {
  const problems = error instanceof SluiceError ? fileProblems(error) : [];
  if (problems.length === 0) throw error;
  return { path, service: null, problems };
};

const lintFolder = async (folder: string): Promise<readonly Linted[]> => {
  const { services, broken, organisation } = await loadServices(folder);
  if (services.length + broken.length === 0) {
    throw new SluiceError({
      code: 'NOT_FOUND',
      message: `There is no service file in ${folder} (*.yml).`,
      hint: 'Name files, or the folder in SLUICE_SERVICES: sluice lint shop.yml',
    });
  }
  const access = join(folder, accessFileName);
  const isWhole = broken.every(({ error }) => error.code !== 'ORGANISATION_FILE_INVALID');
  return [
    ...(existsSync(access) ? [await lintFile(access)] : []),
    ...(organisation !== null && isWhole
      ? [{ path: join(folder, organisationFileName), service: null, problems: [] }]
      : []),
    ...services.map(({ path, file }): Linted => ({ path, service: file.service, problems: [] })),
    ...broken.map(({ path, error }) => brokenFile(path, error)),
  ];
};

const schemas = { service: serviceJsonSchema, organisation: organisationJsonSchema } as const;

/** `sluice schema [service|organisation]`: the JSON Schema of such a file, for editors. @throws SluiceError USAGE */
export const schema = ({ terminal }: Omit<Cli, 'api'>, of = 'service'): number => {
  if (of !== 'service' && of !== 'organisation')
    throw new SluiceError({
      code: 'USAGE',
      message: `There is no schema of "${of.slice(0, 60)}".`,
      hint: 'Say sluice schema service, or sluice schema organisation for sluice.yml.',
    });
  terminal.out.write(`${JSON.stringify(schemas[of](), null, 2)}\n`);
  return 0;
};
