import { findService } from '../service-file/folder.ts';
import type { EffectiveConfig, ExplainedValue } from '../service-file/organisation/explain.ts';
import { explain } from '../service-file/organisation/explain.ts';
import { chooseEnvironment } from './choose-environment.ts';

/**
 * What counts for a service, by the files of a folder. `environment` `null`: all of them.
 * @throws SluiceError SERVICE_UNKNOWN, ENVIRONMENT_UNKNOWN, SERVICE_FILE_INVALID, ORGANISATION_FILE_INVALID
 */
export const effectiveConfig = async (
  folder: string,
  asked: { readonly service: string; readonly environment: string | null },
): Promise<EffectiveConfig> => {
  const loaded = await findService(folder, asked.service);
  const { service, environments } = loaded.file;
  const environment =
    asked.environment === null
      ? null
      : chooseEnvironment(service, Object.keys(environments), asked.environment);
  const isWanted = (value: ExplainedValue): boolean =>
    environment === null || value.environment === null || value.environment === environment;
  return { service, environment, values: explain(loaded).filter(isWanted) };
};
