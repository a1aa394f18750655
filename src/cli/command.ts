import { z } from 'zod';
import { closest } from '../../runbooks/closest.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import { parseDuration } from '../../runbooks/units.ts';
import { placeList } from '../api/schemas/answers.ts';
import { rollout } from '../api/schemas/rollout.ts';
import type { PlaceView } from '../rollouts/facade.ts';
import type { RolloutView } from '../store/views.ts';
import type { Api } from './client.ts';
import type { Terminal } from './terminal.ts';

/** Every option that some command takes, as commander hands it over. */
export const optionsSchema = z.object({
  env: z.string().optional(),
  reason: z.string().optional(),
  key: z.string().optional(),
  to: z.string().optional(),
  version: z.string().optional(),
  timeout: z.string().optional(),
  set: z.array(z.string()).default([]),
  hotfix: z.string().optional(),
  breakGlass: z.boolean().default(false),
  for: z.string().optional(),
  override: z.array(z.string()).default([]),
  wait: z.boolean().default(false),
  watch: z.boolean().default(false),
  json: z.boolean().default(false),
});
export type Options = Readonly<z.infer<typeof optionsSchema>>;

/** What a command works with. It returns the exit code, or throws a `SluiceError`. */
export type Cli = { readonly terminal: Terminal; readonly api: Api; readonly options: Options };

/** The `--timeout` in ms; `null`: none was given. @throws SluiceError USAGE */
export const timeoutOf = ({ timeout }: Options): number | null => {
  if (timeout === undefined) return null;
  const ms = parseDuration(timeout);
  if (ms !== null && ms > 0) return ms;
  throw new SluiceError({
    code: 'USAGE',
    message: `--timeout is no duration: "${timeout.slice(0, 60)}".`,
    hint: 'Give it as 30s, 45m or 2h.',
  });
};

export const allPlaces = async (api: Api): Promise<readonly PlaceView[]> =>
  (await api.call(placeList, { path: ['v1', 'services'] })).services;

/** A rollout by id, unique beginning, or service. @throws SluiceError NOT_FOUND, with what was probably meant */
export const findRollout = async (api: Api, idOrService: string): Promise<RolloutView> => {
  try {
    return await api.call(rollout, { path: ['v1', 'rollouts', idOrService] });
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'NOT_FOUND') throw error;
    const names = new Set((await allPlaces(api)).map(({ service }) => service));
    const near = names.has(idOrService) ? null : closest(idOrService, [...names]);
    if (near === null) throw error;
    throw new SluiceError({ ...error.toProblem(), hint: `Did you mean ${near}?` }, { cause: error });
  }
};
