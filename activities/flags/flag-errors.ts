import { closest } from '../../runbooks/closest.ts';
import { SluiceError } from '../../runbooks/errors.ts';

const quoted = (text: string): string => JSON.stringify(text.slice(0, 120));

/** The store has no such flag; `names`: those that it has, where it tells. */
export const unknownFlag = (flag: string, where: string, names: readonly string[]): SluiceError => {
  const near = closest(flag, names);
  const has = names.length === 0 ? '' : ` It has: ${names.slice(0, 20).join(', ')}.`;
  return new SluiceError({
    code: 'FLAG_UNKNOWN',
    message: `${where} has no flag ${quoted(flag)}.`,
    hint: `${near === null ? 'Create it there first: Sluice ramps flags, it does not invent them.' : `Did you mean ${quoted(near)}?`}${has}`,
  });
};

export const refusedFlag = (message: string, hint: string): SluiceError =>
  new SluiceError({ code: 'FLAG_REFUSED', message, hint });

export const unavailableFlags = (
  problem: { readonly message: string; readonly hint?: string },
  cause?: unknown,
): SluiceError =>
  new SluiceError({ code: 'FLAG_UNAVAILABLE', ...problem }, cause === undefined ? {} : { cause });

/** A lower fence than the highest seen, or the same one in another hand. */
export const fencedFlag = (flag: string, fence: number, highest: number): SluiceError =>
  new SluiceError({
    code: 'TARGET_FENCED',
    message: `The fence ${String(fence)} of a write to the flag ${quoted(flag)} is not above ${String(highest)}: a newer write was made since.`,
    hint: 'Leave the flag to the newer writer.',
  });
