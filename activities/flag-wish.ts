import type { Problem } from '../runbooks/errors.ts';
import { SluiceError } from '../runbooks/errors.ts';
import type { FlagWish } from '../runbooks/plan-request.ts';
import type { Place, RolloutInput } from '../workflows/contract.ts';
import type { Deps } from './deps.ts';

/** What a plan has to know of a flag; `fence` is the highest that its store has seen. */
export type SeenFlag = {
  readonly wish: FlagWish | null;
  readonly fence: number;
  readonly warnings: readonly string[];
};

const nothing: SeenFlag = { wish: null, fence: 0, warnings: [] };

/**
 * The flag that a rollout moves, or that the environment's strategy ramps, as its store has it. A store that does not
 * answer stops a deploy, but never a way back.
 */
export const flagWish = async (
  { flags }: Deps,
  input: RolloutInput,
  place: Place,
): Promise<SeenFlag | { readonly problem: Problem }> => {
  const { kind, service: file } = input;
  const own = file.environments[place.environment]?.strategy['feature-flag']?.flag;
  const name = kind === 'flag' ? input.flag?.name : own;
  if (name === undefined) return nothing;
  const wanted = kind === 'flag' ? (input.flag?.percent ?? 0) : kind === 'deploy' ? 100 : 0;
  try {
    const { percent, fence } = await flags(file, place).observe(name);
    return { wish: { flag: name, now: percent, wanted }, fence, warnings: [] };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    if (kind === 'deploy' || kind === 'flag') return { problem: error.toProblem() };
    return { ...nothing, warnings: [`The flag ${name} stays as it is: ${error.message}`] };
  }
};
