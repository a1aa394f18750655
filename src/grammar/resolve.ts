import { closest } from '../../runbooks/closest.ts';
import { shown } from './clauses.ts';
import type { Misread, Read, WordedRequest } from './requests.ts';

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
    case 'status':
    case 'why':
    case 'help':
    case 'form':
      return { request };
  }
};

type Placed = Extract<WordedRequest, { readonly service: string }>;

const resolvePlace = (request: Placed, known: Known, one: boolean): Read => {
  const entry = known.find(({ service }) => service === request.service);
  if (entry === undefined) {
    const names = known.map(({ service }) => service);
    const meant = closest(request.service, names);
    const others = names.length === 0 ? 'There are none.' : `There are: ${listed(names)}.`;
    return misread(
      `There is no service "${shown(request.service)}". ${meant === null ? others : `Did you mean ${meant}?`}`,
      meant === null ? [] : [write({ ...request, service: meant })],
    );
  }
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
    `${request.service} has no environment "${shown(environment)}". It has: ${listed(environments)}.`,
    meant === null ? [] : [write({ ...request, environment: meant })],
  );
};

const listed = (names: readonly string[]): string =>
  names.length <= 10 ? names.join(', ') : `${names.slice(0, 10).join(', ')} and ${names.length - 10} more`;

const misread = (message: string, meant: readonly string[]): Read => {
  const found: Misread = { message, usage: '', meant: meant.slice(0, 5) };
  return { misread: found };
};

/** A request as it would be typed after its command: reading it gives the request again. */
export const write = (request: WordedRequest): string => {
  switch (request.ask) {
    case 'deploy': {
      const { service, version, environment, reason } = request;
      return words(quote(service), quote(version), after('to', environment), ending(reason));
    }
    case 'plan': {
      const { service, version, environment } = request;
      return words('plan', quote(service), quote(version), after('to', environment));
    }
    case 'rollback': {
      const { service, environment, to, reason } = request;
      return words(quote(service), after('in', environment), after('to', to), ending(reason));
    }
    case 'history':
      return words('history', quote(request.service), after('in', request.environment));
    case 'status':
      return words('status', request.what === null ? '' : quote(request.what));
    case 'why':
      return words('why', quote(request.what));
    case 'help':
      return 'help';
    case 'form':
      return '';
  }
};

const words = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(' ');
const quote = (text: string): string => (/\s/.test(text) ? `"${text}"` : text);
const after = (word: string, text: string | null): string => (text === null ? '' : `${word} ${quote(text)}`);
const ending = (reason: string | null): string => (reason === null ? '' : `reason ${reason}`);
