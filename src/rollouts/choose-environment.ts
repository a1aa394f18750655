import { SluiceError } from '../../runbooks/errors.ts';

/** The environment asked for, or the service's only one; production is never guessed. */
export const chooseEnvironment = (
  service: string,
  names: readonly string[],
  asked: string | null,
): string => {
  const [only] = names;
  if (asked !== null) {
    if (names.includes(asked)) return asked;
    throw new SluiceError({
      code: 'ENVIRONMENT_UNKNOWN',
      message: `${service} has no environment "${asked.slice(0, 80)}".`,
      hint: `It has: ${names.join(', ')}.`,
    });
  }
  if (names.length === 1 && only !== undefined) return only;
  throw new SluiceError({
    code: 'ENVIRONMENT_UNKNOWN',
    message: `${service} has several environments, and none was named.`,
    hint: `Name one with --env: ${names.join(', ')}.`,
  });
};
