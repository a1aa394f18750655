import type { Override } from '../../runbooks/checks/check.ts';
import type { WordedRequest } from './requests.ts';

/** A request as it would be typed after its command: reading it gives the request again. */
export const write = (request: WordedRequest): string => {
  switch (request.ask) {
    case 'deploy': {
      const { service, version, environment, hotfix, overrides, reason } = request;
      const where = [
        quote(service),
        quote(version),
        after('to', environment),
        after('hotfix', hotfix ?? null),
      ];
      return words(...where, ending(reason), passing(overrides));
    }
    case 'plan': {
      const { service, version, environment, hotfix, overrides } = request;
      const where = [
        quote(service),
        quote(version),
        after('to', environment),
        after('hotfix', hotfix ?? null),
      ];
      return words('plan', ...where, passing(overrides));
    }
    case 'rollback': {
      const { service, environment, to, reason } = request;
      return words(quote(service), after('in', environment), after('to', to), ending(reason));
    }
    case 'lock':
    case 'unlock': {
      const { ask, service, environment, lasts, reason } = request;
      return words(ask, quote(service), after('in', environment), after('for', lasts), ending(reason));
    }
    case 'history':
      return words('history', quote(request.service), after('in', request.environment));
    case 'status':
      return words('status', request.what === null ? '' : quote(request.what));
    case 'why':
      return words('why', quote(request.what));
    case 'help':
      return words('help', request.what === null ? '' : quote(request.what));
    case 'form':
      return '';
  }
};

const words = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join(' ');
const quote = (text: string): string => (/\s/.test(text) ? `"${text}"` : text);
const after = (word: string, text: string | null): string => (text === null ? '' : `${word} ${quote(text)}`);
const ending = (reason: string | null): string => (reason === null ? '' : `reason ${free(reason)}`);
const passing = (overrides: readonly Override[] = []): string =>
  overrides.map(({ check, reason }) => `override ${check} because ${free(reason)}`).join(' ');

/** In quotes where it holds the word that would end it. */
const free = (text: string): string =>
  /(?:^|\s)(?:--)?override(?:[\s=]|$)/i.test(text) ? `"${text.replaceAll('"', "'")}"` : text;
