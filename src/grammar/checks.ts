import type { CheckName } from '../../runbooks/checks/check.ts';
import { checkNames } from '../../runbooks/checks/check.ts';
import { closest } from '../../runbooks/closest.ts';

export const isCheck = (text: string): text is CheckName => (checkNames as readonly string[]).includes(text);

/** That there is no check of that name, and which one was probably meant. */
export const unknownCheck = (
  text: string,
): { readonly message: string; readonly hint: string; readonly near: string | null } => {
  const near = closest(text, checkNames);
  return {
    message: `There is no check "${text.slice(0, 60)}".`,
    hint: `${near === null ? '' : `Did you mean ${near}? `}Checks: ${checkNames.join(', ')}.`,
    near,
  };
};
