import type { Override } from '../../runbooks/checks/check.ts';
import { isCheck, unknownCheck } from './checks.ts';
import type { Stops } from './free-text.ts';
import { readFreeText } from './free-text.ts';
import type { Misread } from './requests.ts';

type ReadOverride =
  | { readonly clause: { readonly key: 'override'; readonly value: Override }; readonly end: number }
  | { readonly misread: Omit<Misread, 'usage'> };

/**
 * What follows `override`: `window because …` as people say it, `window:…` as a terminal writes it. Without one of the
 * two there is no telling where the reason begins: it is refused.
 */
export const readOverride = (text: string, at: number, stops: Stops): ReadOverride => {
  const [head = '', name = '', mark] =
    /^\s*([^\s:]+)(:|\s+(?:because|reason|--reason)(?=\s|$))?/i.exec(text.slice(at)) ?? [];
  const check = name.toLowerCase();
  if (check === '') return wrong('Nothing follows "override".');
  if (!isCheck(check)) {
    const { message, hint, near } = unknownCheck(name);
    const begin = at + head.indexOf(name);
    const mended = `${text.slice(0, begin)}${near ?? ''}${text.slice(begin + name.length)}`;
    return wrong(`${message} ${hint}`, near === null ? [] : [mended]);
  }
  const { said, end } =
    mark === undefined ? { said: '', end: at } : readFreeText(text, at + head.length, stops);
  if (said === '') return wrong(`An override of ${check} needs a reason, which is recorded.`);
  return { clause: { key: 'override', value: { check, reason: said } }, end };
};

const wrong = (message: string, meant: readonly string[] = []): ReadOverride => ({
  misread: { message, meant },
});
