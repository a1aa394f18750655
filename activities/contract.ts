import { rm } from 'node:fs/promises';
import { SluiceError } from '../runbooks/errors.ts';
import { sayWeights, weightOf } from '../runbooks/traffic.ts';
import type { MigrateInput } from '../workflows/contract.ts';
import type { Deps } from './deps.ts';
import { makeMigrate } from './migrate.ts';

/**
 * The point of no return. Key: as for the expand phase. Where the traffic has gone back by other means than a rollout of
 * ours (break-glass), nothing is taken away; and before anything is, the way back that stands beside the target goes:
 * what it leads to would not work any more, not even where the migration breaks off half-way.
 * @throws SluiceError COMMAND_REFUSED: another version than the promoted one has traffic
 */
export const makeContract = ({ target }: Pick<Deps, 'target'>) => {
  const contract = makeMigrate('contract');
  return async (input: MigrateInput): Promise<string> => {
    const { place, file, release } = input;
    const own = target(file, place);
    const { weights } = await own.observe(place.service);
    if (weightOf(weights, release.version) !== 100) {
      throw new SluiceError({
        code: 'COMMAND_REFUSED',
        message: `The traffic of ${place.service} is not with ${release.version} any more: ${sayWeights(weights)}. The database keeps what the others need.`,
        hint: 'It may be contracted after the next release.',
      });
    }
    const kept = own.wayBackFile?.(place.service);
    if (kept !== undefined) await rm(kept, { force: true });
    return contract(input);
  };
};
