import type { Known } from '../grammar/resolve.ts';
import type { SlackDeps } from './deps.ts';

/** The services there are and their environments. */
export const knownPlaces = async ({ services }: Pick<SlackDeps, 'services'>): Promise<Known> =>
  (await services()).map(({ service, environments }) => ({
    service,
    environments: Object.keys(environments),
  }));
