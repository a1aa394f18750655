import type { Override } from '../../runbooks/checks/check.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import { isCheck, unknownCheck } from '../grammar/checks.ts';
import type { Options } from './command.ts';

/** `--override CHECK:REASON`, as often as there are checks. @throws SluiceError USAGE */
export const overridesOf = ({ override }: Options): { readonly overrides?: Override[] } =>
  override.length === 0 ? {} : { overrides: override.map(readOverride) };

const readOverride = (text: string): Override => {
  const colon = text.indexOf(':');
  const check = (colon === -1 ? text : text.slice(0, colon)).trim();
  const reason = colon === -1 ? '' : text.slice(colon + 1).trim();
  if (!isCheck(check)) {
    const { message, hint } = unknownCheck(check);
    throw new SluiceError({ code: 'USAGE', message, hint });
  }
  if (reason !== '') return { check, reason };
  throw new SluiceError({
    code: 'USAGE',
    message: `--override ${check} needs a reason: it is recorded.`,
    hint: `--override ${check}:"why it is right this time"`,
  });
};
