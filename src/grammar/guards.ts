import { parseDuration } from '../../runbooks/units.ts';
import type { Shape } from './clauses.ts';
import { readClauses, shown } from './clauses.ts';
import type { Read } from './requests.ts';
import { usages } from './usage.ts';
import { wordsOf } from './words.ts';
import { write } from './write.ts';

/**
 * `lock shop production for 2h the sale`: the reason needs no word before it. Whether `production` is the environment
 * or the reason's first word is told where the environments are known (`resolve.ts`).
 */
export const readGuard = (ask: 'lock' | 'unlock', text: string): Read => {
  const usage = usages[ask];
  const shape: Shape = { usage, names: 2, keys: ['environment', 'for', 'reason'], loose: true };
  const [service] = wordsOf(text);
  if (service === undefined) return wrong('The service is missing.', usage);
  // Whatever went wrong: everything after the service may have been meant as the reason.
  const rest = text.slice(service.end).trim();
  const asReason = {
    ...{ ask, service: service.text, environment: null, lasts: null },
    ...{ reason: rest, loose: false },
  };
  const meant = rest === '' ? [] : [write(asReason)];
  const read = readClauses(text, shape);
  if ('misread' in read) return wrong(read.misread.message, usage, meant);
  const { names, environment, for: lasts, reason, loose } = read.clauses;
  const [first, second] = names;
  if (first === undefined) return wrong('The service is missing.', usage);
  if (second !== undefined && environment !== null)
    return wrong('The environment is said twice.', usage, meant);
  if (lasts !== null && ask === 'unlock') return wrong('An unlock takes no duration.', usage);
  if (lasts !== null && parseDuration(lasts) === null)
    return wrong(`"${shown(lasts)}" is no duration: it is given as 30m or 2h.`, usage);
  if (reason === null && second === undefined)
    return wrong('The reason is missing: it is what others are shown.', usage);
  const unsure = second !== undefined && (loose || reason === null);
  const where = { service: first, environment: environment ?? second ?? null };
  return { request: { ask, ...where, lasts, reason, loose: unsure } };
};

const wrong = (message: string, usage: string, meant: readonly string[] = []): Read => ({
  misread: { message, usage, meant },
});
