import type { ServiceFile } from '../../runbooks/service.ts';
import type { Environment } from '../secrets.ts';
import { commandDriver } from './command-driver.ts';
import type { MigrationDriver } from './driver.ts';
import { sqlDriver } from './sql/sql-driver.ts';

/** The driver that an environment names; `null`: it declares no migrations. */
export const migrationDriver = (
  file: Pick<ServiceFile, 'service' | 'environments'>,
  environment: string,
  env: Environment = process.env,
): MigrationDriver | null => {
  const block = file.environments[environment]?.migrations;
  if (block?.sql !== undefined) return sqlDriver(block.sql, env);
  if (block?.command === undefined) return null;
  const place = { service: file.service, environment };
  return commandDriver({ command: block.command, within: block.within }, place, env);
};
