import { SluiceError } from '../../../../runbooks/errors.ts';
import type { Organisation } from '../../../../src/service-file/organisation/read.ts';
import { parseOrganisation } from '../../../../src/service-file/organisation/read.ts';
import type { FileProblem } from '../../../../src/service-file/problems.ts';
import { fileProblems } from '../../../../src/service-file/problems.ts';
import type { LoadedService } from '../../../../src/service-file/read.ts';
import { parseServiceFile } from '../../../../src/service-file/read.ts';
import { validText } from '../make.ts';

/** The file of an organisation, as it stands beside `shop.yml`. Throws where it is wrong. */
export const organisationOf = (text: string): Organisation => {
  const { organisation, error } = parseOrganisation(`apiVersion: sluice/v1\n${text}`, 'sluice.yml');
  if (error !== null) throw error;
  if (organisation === null) throw new Error('nothing was made of it');
  return organisation;
};

/** `file:line path message → mend` of every problem of an error. */
export const problemsOf = (error: SluiceError | null): readonly string[] =>
  error === null ? [] : fileProblems(error).map(sayProblem);

const sayProblem = ({ file, line, path, message, hint }: FileProblem): string =>
  `${file}:${String(line)} ${path} ${message} → ${hint ?? ''}`;

/** What is wrong with the file of an organisation. */
export const wrongWith = (text: string | Uint8Array): readonly string[] =>
  problemsOf(parseOrganisation(text, 'sluice.yml').error);

/** What a service file is refused for, beside that file of an organisation. */
export const refusedBeside = (organisation: string, service: string = validText): readonly string[] => {
  try {
    parseServiceFile(service, 'shop.yml', organisationOf(organisation));
    return [];
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'SERVICE_FILE_INVALID') return problemsOf(error);
    throw error;
  }
};

/** The service file as it counts beside that file of an organisation. */
export const readBeside = (organisation: string, service: string = validText): LoadedService =>
  parseServiceFile(service, 'shop.yml', organisationOf(organisation));
