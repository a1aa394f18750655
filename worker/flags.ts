import type { Deps } from '../activities/deps.ts';
import { flagDriverOf } from '../activities/flags/driver.ts';
import { SluiceError } from '../runbooks/errors.ts';

/** The flag drivers that this process has, by what the environment's service file names. */
export const flagsOf =
  (env: NodeJS.ProcessEnv): Deps['flags'] =>
  (file, { environment }) => {
    const flags = Object.hasOwn(file.environments, environment)
      ? file.environments[environment]?.flags
      : undefined;
    if (flags !== undefined) return flagDriverOf(flags, env);
    throw new SluiceError({
      code: 'FLAG_REFUSED',
      message: `The service file of ${file.service} does not say where the flags of ${environment} are kept.`,
      hint: `Give environments.${environment}.flags, such as { flagd: { file: ./flags.json } }.`,
    });
  };
