import { resolve } from 'node:path';
import type { EnvironmentBlock, ServiceFile } from '../../runbooks/service.ts';

/** The paths of a target, which begin at the folder of the service file. */
const targetFrom = (target: EnvironmentBlock['target'], folder: string): EnvironmentBlock['target'] => {
  const { haproxy, command } = target;
  if (haproxy !== undefined) {
    const at = { directory: resolve(folder, haproxy.directory), state: resolve(folder, haproxy.state) };
    return { ...target, haproxy: { ...haproxy, ...at, socket: resolve(folder, haproxy.socket) } };
  }
  if (command !== undefined)
    return { ...target, command: { ...command, directory: resolve(folder, command.directory) } };
  return target;
};

const flagsFrom = ({ flags }: EnvironmentBlock, folder: string): Pick<EnvironmentBlock, 'flags'> =>
  flags === undefined || !('flagd' in flags)
    ? { flags }
    : { flags: { flagd: { ...flags.flagd, file: resolve(folder, flags.flagd.file) } } };

const migrationsFrom = (
  { migrations }: EnvironmentBlock,
  folder: string,
): Pick<EnvironmentBlock, 'migrations'> => {
  if (migrations === undefined) return {};
  const { sql, command } = migrations;
  const from = <Block extends { readonly directory: string }>(block: Block): Block => ({
    ...block,
    directory: resolve(folder, block.directory),
  });
  return {
    migrations: {
      ...migrations,
      ...(sql === undefined ? {} : { sql: from(sql) }),
      ...(command === undefined ? {} : { command: from(command) }),
    },
  };
};

/** Environments with the paths in them made absolute: a worker does not stand where the file stands. */
export const environmentsFrom = (
  environments: ServiceFile['environments'],
  folder: string,
): ServiceFile['environments'] =>
  Object.fromEntries(
    Object.entries(environments).map(([name, environment]) => [
      name,
      {
        ...environment,
        target: targetFrom(environment.target, folder),
        ...flagsFrom(environment, folder),
        ...migrationsFrom(environment, folder),
      },
    ]),
  );
