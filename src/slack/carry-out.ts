import { SluiceError } from '../../runbooks/errors.ts';
import type { SlashCommand } from '../grammar/usage.ts';
import { readCommand } from '../grammar/read.ts';
import type { Misread, WordedRequest } from '../grammar/requests.ts';
import { resolve } from '../grammar/resolve.ts';
import type { Owed } from '../store/slack-requests.ts';
import { sayHistory, sayPlan, sayStatus, sayWhy } from './ask.ts';
import type { SlackDeps } from './deps.ts';
import { guard } from './guards.ts';
import { sayHelp } from './help.ts';
import { once } from './once.ts';
import type { InDoubt } from './people.ts';
import type { Outcome, Who } from './replies.ts';
import { misreadReply, saidReply, startReply } from './replies.ts';
import { knownPlaces } from './services.ts';

/** What was typed, read: a request, or how it was misread. */
export type Typed = { readonly request: WordedRequest } | { readonly misread: Misread };

export const readTyped = (command: SlashCommand, text: string): Typed => readCommand(command, text);

/** What takes back is not stopped by a doubt about who asks. */
export const doubtOf = (typed: Typed): InDoubt =>
  'request' in typed && typed.request.ask === 'rollback' ? 'open' : 'closed';

/** What is done once per request of Slack's, however often it comes. */
const changing: ReadonlySet<WordedRequest['ask']> = new Set(['deploy', 'rollback', 'lock', 'unlock']);

/** One call of the façade, or a look at the ledger. */
export const carryOut = (
  deps: SlackDeps,
  command: SlashCommand,
  typed: Typed,
  who: Who,
  owed: Owed,
): Promise<Outcome> => {
  const changes = 'request' in typed && changing.has(typed.request.ask);
  return changes
    ? once(deps, who, owed, () => carryOutNow(deps, command, typed, who))
    : carryOutNow(deps, command, typed, who);
};

const carryOutNow = async (
  deps: SlackDeps,
  command: SlashCommand,
  typed: Typed,
  who: Who,
): Promise<Outcome> => {
  if ('misread' in typed) return misreadReply(command, typed.misread);
  const { request } = typed;
  try {
    return await ask(deps, request, who);
  } catch (error) {
    const meant = await whatWasMeant(deps, request, error);
    if (meant === null) throw error;
    return misreadReply(command, meant);
  }
};

const ask = async (deps: SlackDeps, request: WordedRequest, who: Who): Promise<Outcome> => {
  const { rollouts } = deps;
  switch (request.ask) {
    case 'deploy': {
      const { ask: _, ...wanted } = request;
      return startReply(wanted, await rollouts.deploy({ ...wanted, ...who }));
    }
    case 'rollback': {
      const { ask: _, ...wanted } = request;
      const answer = await rollouts.rollback({ ...wanted, ...who });
      if (answer.outcome === 'done' || 'key' in answer)
        return saidReply('rollback', await rollouts.find(answer.rolloutId), answer);
      return startReply({ service: wanted.service, version: wanted.to }, answer);
    }
    case 'plan': {
      const { ask: _, ...wanted } = request;
      return sayPlan(await rollouts.plan({ ...wanted, actor: who.actor }));
    }
    case 'lock':
    case 'unlock':
      return guard(deps, request, who);
    case 'status':
      return sayStatus(deps, request.what);
    case 'history':
      return sayHistory(deps, request);
    case 'why':
      return sayWhy(await rollouts.find(request.what));
    case 'help':
      return sayHelp(deps, who.actor, request.what);
    case 'form':
      return sayHelp(deps, who.actor, null);
  }
};

const unknown: ReadonlySet<string> = new Set(['SERVICE_UNKNOWN', 'ENVIRONMENT_UNKNOWN']);

/** A name that nobody knows is often a slip; an environment that was not named is asked for, never guessed. */
const whatWasMeant = async (
  deps: SlackDeps,
  request: WordedRequest,
  error: unknown,
): Promise<Misread | null> => {
  if (!(error instanceof SluiceError) || !unknown.has(error.code)) return null;
  const read = resolve(request, await knownPlaces(deps));
  return 'misread' in read ? read.misread : null;
};
