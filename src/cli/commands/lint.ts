import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { errorTable, SluiceError } from '../../../runbooks/errors.ts';
import { accessFileName, isAccessFile, readAccessFile } from '../../access/read.ts';
import { loadServices } from '../../service-file/folder.ts';
import { serviceJsonSchema } from '../../service-file/json-schema.ts';
import type { FileProblem } from '../../service-file/problems.ts';
import { fileProblems, renderProblems } from '../../service-file/problems.ts';
import { readServiceFile } from '../../service-file/read.ts';
import type { Cli } from '../command.ts';
import { span } from '../../story/text.ts';
import { print, printJson } from '../terminal.ts';

type Linted = {
  readonly path: string;
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
        print(terminal, [[span('✓ ', 'good'), span(`${path}: ${service ?? 'who may do what'}`)]]);
      else terminal.err.write(`${renderProblems(problems)}\n\n`);
    }
  }
  return broken.length === 0 ? 0 : errorTable.SERVICE_FILE_INVALID.exit;
};

const lintFile = async (path: string): Promise<Linted> => {
  try {
    if (isAccessFile(path)) {
      await readAccessFile(path);
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
  const { services, broken } = await loadServices(folder);
  if (services.length + broken.length === 0) {
    throw new SluiceError({
      code: 'NOT_FOUND',
      message: `There is no service file in ${folder} (*.yml).`,
      hint: 'Name files, or the folder in SLUICE_SERVICES: sluice lint shop.yml',
    });
  }
  const access = join(folder, accessFileName);
  return [
    ...(existsSync(access) ? [await lintFile(access)] : []),
    ...services.map(({ path, file }): Linted => ({ path, service: file.service, problems: [] })),
    ...broken.map(({ path, error }) => brokenFile(path, error)),
  ];
};

/** `sluice schema`: the JSON Schema of service files, for editors. */
export const schema = ({ terminal }: Omit<Cli, 'api'>): number => {
  terminal.out.write(`${JSON.stringify(serviceJsonSchema(), null, 2)}\n`);
  return 0;
};
