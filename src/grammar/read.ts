import { closest } from '../../runbooks/closest.ts';
import type { Clauses } from './clauses.ts';
import { readClauses, shown } from './clauses.ts';
import { normalise } from './normalise.ts';
import type { Misread, Read, WordedRequest } from './requests.ts';

/** The two commands of Slack; a terminal has the same words without the stroke. */
export type SlashCommand = '/deploy' | '/rollback';

const usages = {
  deploy: 'SERVICE VERSION [to ENVIRONMENT] [reason …]',
  rollback: 'SERVICE [ENVIRONMENT] [to VERSION] [reason …]',
  plan: 'plan SERVICE VERSION [to ENVIRONMENT]',
  status: 'status [SERVICE or ID]',
  history: 'history SERVICE [ENVIRONMENT]',
  why: 'why SERVICE or ID',
  help: 'help',
} as const;

/** The words after `/deploy` that ask for something else than a deploy. */
export const askWords = ['plan', 'status', 'history', 'why', 'help'] as const;
type AskWord = (typeof askWords)[number];
const isAskWord = (word: string): word is AskWord => (askWords as readonly string[]).includes(word);

/** How a command is said, for a help. */
export const usageLines: readonly (readonly [command: SlashCommand, usage: string, says: string])[] = [
  ['/deploy', '', 'a form that asks for service, version and environment'],
  ['/deploy', usages.deploy, 'start a rollout'],
  ['/deploy', usages.plan, 'what a deploy would do; runs nothing'],
  ['/deploy', usages.status, 'what is open, or one rollout'],
  ['/deploy', usages.history, 'its rollouts and outcomes'],
  ['/deploy', usages.why, 'what the gate saw and said'],
  ['/rollback', usages.rollback, 'go back: an open rollout ends, otherwise the last good release returns'],
];

/**
 * Reads what was typed after a command. Pure: names are not looked up here (`resolve.ts`), and an environment that was
 * not named stays `null`: production is never guessed.
 */
export const readCommand = (command: SlashCommand, typed: string): Read => {
  const text = normalise(typed);
  if (command === '/rollback') return readRollback(text);
  const [first = ''] = text.split(' ', 1);
  const rest = text.slice(first.length).trim();
  const word = first.toLowerCase();
  if (first === '') return { request: { ask: 'form' } };
  if (isAskWord(word)) return readAsk(word, rest);
  return readDeploy('deploy', text);
};

const readAsk = (word: AskWord, text: string): Read => {
  switch (word) {
    case 'help':
      return { request: { ask: 'help' } };
    case 'plan':
      return readDeploy('plan', text);
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

const readDeploy = (ask: 'deploy' | 'plan', text: string): Read => {
  const usage = usages[ask];
  const read = readClauses(text, 2, usage);
  if ('misread' in read) return prefixed(ask, read.misread);
  const { names, to, environment, reason } = read.clauses;
  const [service, version] = names;
  if (service === undefined) return misread('The service is missing.', usage);
  if (version === undefined) return unversioned(ask, service, usage);
  if (to !== null && environment !== null) return misread('The environment is said twice.', usage);
  const where = { service, version, environment: environment ?? to };
  if (ask === 'deploy') return { request: { ask, ...where, reason } };
  if (reason !== null) return misread('A plan runs nothing and takes no reason.', usage);
  return { request: { ask, ...where } };
};

/** One word alone may be a misspelt one of ours. */
const unversioned = (ask: 'deploy' | 'plan', only: string, usage: string): Read => {
  const meant = ask === 'deploy' ? closest(only, askWords) : null;
  return misread(`The version of ${shown(only)} is missing.`, usage, meant === null ? [] : [meant]);
};

const readRollback = (text: string): Read => {
  const usage = usages.rollback;
  const read = readClauses(text, 2, usage);
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
  const read = readClauses(text, most, usage);
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
