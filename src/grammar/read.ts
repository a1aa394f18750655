import { closest } from '../../runbooks/closest.ts';
import { incidentId } from '../../runbooks/names.ts';
import type { Clauses } from './clauses.ts';
import { readClauses, shown } from './clauses.ts';
import { readGuard } from './guards.ts';
import { normalise } from './normalise.ts';
import type { Misread, Read, WordedRequest } from './requests.ts';
import type { AskWord, SlashCommand } from './usage.ts';
import { askWords, isAskWord, usages } from './usage.ts';
import { wordsOf } from './words.ts';

const basic = ['to', 'environment', 'reason'] as const;
const passing = [...basic, 'hotfix', 'override'] as const;

/**
 * Reads what was typed after a command. Pure: names are not looked up here (`resolve.ts`), and an environment that was
 * not named stays `null`: production is never guessed.
 */
export const readCommand = (command: SlashCommand, typed: string): Read => {
  const text = normalise(typed);
  const [first = ''] = text.split(' ', 1);
  const rest = text.slice(first.length).trim();
  if (command === '/rollback') return first === 'help' ? readHelp(rest) : readRollback(text);
  const word = first.toLowerCase();
  if (first === '') return { request: { ask: 'form' } };
  if (isAskWord(word)) return readAsk(word, rest);
  return readDeploy('deploy', text);
};

const readAsk = (word: AskWord, text: string): Read => {
  switch (word) {
    case 'help':
      return readHelp(text);
    case 'plan':
      return readDeploy('plan', text);
    case 'lock':
    case 'unlock':
      return readGuard(word, text);
    case 'status':
      return readNames('status', text, 1, ({ names: [what] }) => ({ ask: 'status', what: what ?? null }));
    case 'why':
      return readNames('why', text, 1, ({ names: [what] }) =>
        what === undefined ? null : { ask: 'why', what },
      );
    case 'history':
      return readNames('history', text, 2, ({ names: [service, second], environment }) =>
        service === undefined
          ? null
          : { ask: 'history', service, environment: environment ?? second ?? null },
      );
  }
};

/** Whatever follows: somebody who asks for help is helped. */
const readHelp = (text: string): Read => ({
  request: { ask: 'help', what: wordsOf(text)[0]?.text ?? null },
});

const readDeploy = (ask: 'deploy' | 'plan', text: string): Read => {
  const usage = usages[ask];
  const read = readClauses(text, { usage, names: 2, keys: passing });
  if ('misread' in read)
    return prefixed(ask, ask === 'deploy' ? withMended(read.misread, text) : read.misread);
  const { names, to, environment, reason, hotfix, overrides } = read.clauses;
  const [service, version] = names;
  if (service === undefined) return misread('The service is missing.', usage);
  if (version === undefined) return unversioned(ask, service, usage);
  if (to !== null && environment !== null) return misread('The environment is said twice.', usage);
  if (hotfix !== null && !incidentId.safeParse(hotfix).success)
    return misread('The incident is longer than 100 characters.', usage);
  const wanted = {
    ...{ service, version, environment: environment ?? to },
    ...(hotfix === null ? {} : { hotfix }),
    ...(overrides.length === 0 ? {} : { overrides }),
  };
  if (ask === 'deploy') return { request: { ask, ...wanted, reason } };
  if (reason !== null) return misread('A plan runs nothing and takes no reason.', usage);
  return { request: { ask, ...wanted } };
};

/** Words of ours may be misspelt, and then stand where a service is expected. */
const mended = (text: string): readonly string[] => {
  const [first = ''] = text.split(' ', 1);
  const meant = closest(first, askWords);
  return meant === null ? [] : [`${meant}${text.slice(first.length)}`];
};

const withMended = (found: Misread, text: string): Misread => ({
  ...found,
  meant: [...found.meant, ...mended(text)],
});

/** One word alone may be a misspelt one of ours. */
const unversioned = (ask: 'deploy' | 'plan', only: string, usage: string): Read => {
  const meant = ask === 'deploy' ? closest(only, askWords) : null;
  const missing = `The version of ${shown(only)} is missing.`;
  return meant === null
    ? misread(missing, usage)
    : misread(`${missing} Did you mean ${meant}?`, usage, [meant]);
};

const readRollback = (text: string): Read => {
  const usage = usages.rollback;
  const read = readClauses(text, { usage, names: 2, keys: basic });
  if ('misread' in read) return read;
  const { names, to, environment, reason } = read.clauses;
  const [service, second] = names;
  if (service === undefined) return misread('The service is missing.', usage);
  if (second !== undefined && environment !== null) return misread('The environment is said twice.', usage);
  return { request: { ask: 'rollback', service, environment: environment ?? second ?? null, to, reason } };
};

const readNames = (
  ask: 'status' | 'history' | 'why',
  text: string,
  most: number,
  make: (clauses: Clauses) => WordedRequest | null,
): Read => {
  const usage = usages[ask];
  const read = readClauses(text, { usage, names: most, keys: basic });
  if ('misread' in read) return prefixed(ask, read.misread);
  const { to, reason, environment, names } = read.clauses;
  const placed = ask === 'history' && names.length < 2;
  if (to !== null || reason !== null || (environment !== null && !placed))
    return misread(`${ask} takes no more than: ${usage}.`, usage);
  const request = make(read.clauses);
  return request === null ? misread('The service is missing.', usage) : { request };
};

const misread = (message: string, usage: string, meant: readonly string[] = []): Read => ({
  misread: { message, usage, meant },
});

/** What was meant, with the word before it that was taken off. */
const prefixed = (ask: 'deploy' | AskWord, found: Misread): Read => ({
  misread: ask === 'deploy' ? found : { ...found, meant: found.meant.map((text) => `${ask} ${text}`) },
});
