import { closest } from '../../runbooks/closest.ts';
import { shown } from './clauses.ts';
import type { GuardWords, Misread, Read, WordedRequest } from './requests.ts';
import { askWords } from './usage.ts';
import { write } from './write.ts';

/** Services and their environments, as the service files declare them. */
export type Known = readonly { readonly service: string; readonly environments: readonly string[] }[];

/**
 * Looks up the names of a request. What is unknown is refused with what was probably meant; an environment that was not
 * named is taken where there is only one, and asked for otherwise: production is never guessed.
 */
export const resolve = (request: WordedRequest, known: Known): Read => {
  switch (request.ask) {
    case 'deploy':
    case 'rollback':
    case 'plan':
      return resolvePlace(request, known, true);
    case 'history':
      return resolvePlace(request, known, false);
    case 'lock':
    case 'unlock':
      return resolveGuard(request, known);
    case 'status':
    case 'why':
    case 'help':
    case 'form':
      return { request };
  }
};

type Placed = Exclude<Extract<WordedRequest, { readonly service: string }>, GuardWords>;

const resolvePlace = (request: Placed, known: Known, one: boolean): Read => {
  const entry = known.find(({ service }) => service === request.service);
  if (entry === undefined) return unknownService(request, known);
  const { environments } = entry;
  const { environment } = request;
  if (environment === null) {
    const [only] = environments;
    if (!one || (environments.length === 1 && only !== undefined))
      return { request: one ? { ...request, environment: only ?? null } : request };
    return misread(
      `${request.service} has several environments, and none was named: ${listed(environments)}.`,
      environments.map((name) => write({ ...request, environment: name })),
    );
  }
  if (environments.includes(environment)) return { request };
  const meant = closest(environment, environments);
  return misread(
    noEnvironment(request.service, environment, environments),
    meant === null ? [] : [write({ ...request, environment: meant })],
  );
};

/**
 * Tells the environment of a lock from the first word of its reason. Where it is like one, neither is guessed: a lock
 * of one environment and one of all of them are not the same thing.
 */
export const resolveGuard = (
  request: GuardWords,
  known: Known,
): { readonly request: GuardWords & { readonly reason: string } } | { readonly misread: Misread } => {
  const entry = known.find(({ service }) => service === request.service);
  if (entry === undefined) return unknownService(request, known);
  const { environments } = entry;
  const { environment, reason, loose } = request;
  if (environment === null || environments.includes(environment)) {
    if (reason === null) return misread('The reason is missing: it is what others are shown.', []);
    return { request: { ...request, reason, loose: false } };
  }
  const whole = reason === null ? environment : `${environment} ${reason}`;
  const asReason = { ...request, environment: null, reason: whole, loose: false };
  const meant = closest(environment, environments);
  if (loose && meant === null) return { request: asReason };
  return misread(noEnvironment(request.service, environment, environments), [
    ...(meant === null || reason === null ? [] : [write({ ...request, environment: meant })]),
    ...(loose ? [write(asReason)] : []),
  ]);
};

/** The service may have a slip in it, or the word before it. */
const unknownService = (request: Placed | GuardWords, known: Known): { readonly misread: Misread } => {
  const names = known.map(({ service }) => service);
  const near = closest(request.service, names);
  const word = request.ask === 'deploy' ? closest(request.service, askWords) : null;
  const others = names.length === 0 ? 'There are none.' : `There are: ${listed(names)}.`;
  const meant = near ?? word;
  return misread(
    `There is no service "${shown(request.service)}". ${meant === null ? others : `Did you mean ${meant}?`}`,
    [
      ...(near === null ? [] : mended({ ...request, service: near }, known)),
      ...(word === null ? [] : [write(request).replace(request.service, word)]),
    ],
  );
};

/** With its names looked up: of a lock, what is the environment and what the reason. */
const mended = (request: Placed | GuardWords, known: Known): readonly string[] => {
  if (request.ask !== 'lock' && request.ask !== 'unlock') return [write(request)];
  const read = resolveGuard(request, known);
  return 'misread' in read ? read.misread.meant : [write(read.request)];
};

const noEnvironment = (service: string, environment: string, environments: readonly string[]): string =>
  `${service} has no environment "${shown(environment)}". It has: ${listed(environments)}.`;

const listed = (names: readonly string[]): string =>
  names.length <= 10 ? names.join(', ') : `${names.slice(0, 10).join(', ')} and ${names.length - 10} more`;

const misread = (message: string, meant: readonly string[]): { readonly misread: Misread } => ({
  misread: { message, usage: '', meant: meant.slice(0, 5) },
});
