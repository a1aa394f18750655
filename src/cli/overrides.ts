import type { CheckName, Override } from '../../runbooks/checks/check.ts';
import { checkNames } from '../../runbooks/checks/check.ts';
import { closest } from '../../runbooks/closest.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import type { Options } from './command.ts';

const isCheck = (text: string): text is CheckName => (checkNames as readonly string[]).includes(text);

/** `--override CHECK:REASON`, as often as there are checks. @throws SluiceError USAGE */
export const overridesOf = ({ override }: Options): { readonly overrides?: Override[] } =>
  override.length === 0 ? {} : { overrides: override.map(readOverride) };

const readOverride = (text: string): Override => {
  const colon = text.indexOf(':');
  const check = (colon === -1 ? text : text.slice(0, colon)).trim();
  const reason = colon === -1 ? '' : text.slice(colon + 1).trim();
  if (!isCheck(check)) {
    const near = closest(check, checkNames);
    throw new SluiceError({
      code: 'USAGE',
      message: `There is no check "${check.slice(0, 60)}".`,
      hint: `${near === null ? '' : `Did you mean ${near}? `}Checks: ${checkNames.join(', ')}.`,
    });
  }
  if (reason !== '') return { check, reason };
  throw new SluiceError({
    code: 'USAGE',
    message: `--override ${check} needs a reason: it is recorded.`,
    hint: `--override ${check}:"why it is right this time"`,
  });
};
