import { readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { closest } from '../../runbooks/closest.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import { isAccessFile } from '../access/read.ts';
import { readBytes } from './document.ts';
import type { Holding } from './organisation/effective.ts';
import type { Organisation } from './organisation/read.ts';
import { isOrganisationFile, organisationFileName, readOrganisation } from './organisation/read.ts';
import { serviceFileError } from './problems.ts';
import type { LoadedService } from './read.ts';
import { parseServiceFile } from './read.ts';
import { quoted } from './visible.ts';

/** A file of the folder that declares no service, and why. */
export type BrokenFile = { readonly path: string; readonly error: SluiceError };

/** Everything in a services folder. A broken file does not stand in the way of other services. */
export type ServiceFolder = {
  readonly services: readonly LoadedService[];
  readonly broken: readonly BrokenFile[];
  /** What the services inherit from; `null`: there is no such file, or nothing can be made of it. */
  readonly organisation: Organisation | null;
};

/**
 * Reads every `*.yml` and `*.yaml` of a folder (not of folders in it, and not `access.yml`), in the order of their names.
 * Two files that declare one service are both broken. Where the organisation's file is wrong it is the first of the broken
 * ones, and the services are read with what can be made of it. Throws SluiceError CONFIG_INVALID where the folder can not
 * be read.
 */
export const loadServices = async (folder: string, holding: Holding = 'floors'): Promise<ServiceFolder> => {
  const paths = await listFiles(folder);
  const { organisation, error } = await readOrganisation(folder);
  const held = error === null || holding === 'nothing' ? holding : 'lists';
  const read = await Promise.all(paths.map((path) => readOne(path, organisation, held)));
  const loaded = read.flatMap((one) => ('error' in one ? [] : [one]));
  const twice = (one: LoadedService): readonly LoadedService[] =>
    loaded.filter((other) => other !== one && other.file.service === one.file.service);
  return {
    organisation,
    services: loaded.filter((one) => twice(one).length === 0),
    broken: [
      ...(error === null ? [] : [{ path: join(folder, organisationFileName), error }]),
      ...read.flatMap((one) => ('error' in one ? [one] : [])),
      ...loaded.flatMap((one) => {
        const [other] = twice(one);
        return other === undefined ? [] : [{ path: one.path, error: declaredTwice(one, other) }];
      }),
    ],
  };
};

/**
 * The service of that name. Throws SluiceError SERVICE_UNKNOWN with the names there are, SERVICE_FILE_INVALID
 * where the file that seems to declare it is broken, or ORGANISATION_FILE_INVALID where the organisation's is: to hold
 * its floors (the default, for what deploys) it has to be whole, for anything else only where the service needs it.
 */
export const findService = async (
  folder: string,
  service: string,
  holding: Holding = 'floors',
): Promise<LoadedService> => {
  const { services, broken } = await loadServices(folder, holding);
  const wrong = broken.find(({ error }) => error.code === 'ORGANISATION_FILE_INVALID');
  if (wrong !== undefined && holding === 'floors') throw wrong.error;
  const found = services.find(({ file }) => file.service === service);
  if (found !== undefined) return found;
  if (wrong !== undefined) throw wrong.error;
  const suspect = broken.find((file) => isAbout(file, service));
  if (suspect !== undefined) throw suspect.error;
  const names = services.map(({ file }) => file.service);
  const near = closest(service, names);
  const hints = [
    near === null ? '' : `Did you mean ${near}?`,
    names.length === 0
      ? `There is no service file in ${folder} (*.yml): write one, or set SLUICE_SERVICES to the folder.`
      : `Services in ${folder}: ${names.slice(0, 30).join(', ')}${names.length > 30 ? ', …' : ''}.`,
    broken.length === 0
      ? ''
      : `Could not be read: ${broken.map(({ path }) => path).join(', ')} (see sluice lint).`,
  ];
  throw new SluiceError({
    code: 'SERVICE_UNKNOWN',
    message: `No service file declares ${quoted(service)}.`,
    hint: hints.filter((hint) => hint !== '').join(' '),
    details: { services: names },
  });
};

const listFiles = async (folder: string): Promise<readonly string[]> => {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => /^[^.].*\.ya?ml$/i.test(name) && !isAccessFile(name) && !isOrganisationFile(name))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    throw new SluiceError(
      {
        code: 'CONFIG_INVALID',
        message: `The services folder ${quoted(folder, 300)} can not be read: ${error instanceof Error ? error.message : String(error)}`,
        hint: 'Make the folder, or set SLUICE_SERVICES to the one that holds your service files.',
      },
      { cause: error },
    );
  }
};

const readOne = async (
  path: string,
  organisation: Organisation | null,
  holding: Holding,
): Promise<LoadedService | BrokenFile> => {
  try {
    return parseServiceFile(await readBytes(path), path, organisation, holding);
  } catch (error) {
    if (error instanceof SluiceError) return { path, error };
    throw error;
  }
};

const declaredTwice = (one: LoadedService, other: LoadedService): SluiceError =>
  wholeFile(
    one.path,
    `declares ${one.file.service}, as ${other.path} does`,
    'one file per service: remove one of the two, or give it another name',
    one.file.service,
  );

const wholeFile = (path: string, message: string, hint: string, service?: string): SluiceError =>
  serviceFileError({
    problems: [{ file: path, line: 1, column: 1, path: '', message, hint, source: null }],
    total: 1,
    service: service ?? null,
  });

/** Told by what the file declares where that can be seen, else by its name. */
const isAbout = ({ path, error }: BrokenFile, service: string): boolean => {
  const declared = error.details?.['service'];
  return typeof declared === 'string' ? declared === service : parse(path).name === service;
};
