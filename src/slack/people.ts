import type { Actor } from '../../runbooks/access.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import { calling, openSlack, wordOf } from './api.ts';
import type { Member, SlackDeps } from './deps.ts';
import { within } from '../within.ts';

/** Who acted, as the signed request says it. */
export type Sender = {
  readonly userId: string;
  /** The workspace that the request is about. */
  readonly teamId: string;
  /** The person's own, where the request says it: channels may be shared with others. */
  readonly userTeamId: string | null;
};

/** What takes back is let through on the signature alone while Slack can't say who it is. */
export type InDoubt = 'closed' | 'open';

/** An abort does not wait longer for Slack to say who it is. */
const openAfterMs = 800;

/** `fresh`: Slack was asked for this, and not for something a moment ago. */
type Seen = Member & { readonly fresh: boolean };

/** The home workspace by token. */
const homes = new Map<string, string>();

/**
 * The actor behind a command or a click.
 * @throws SluiceError NOT_AUTHORISED for bots, guests, deactivated users and people of other workspaces,
 * SLACK_UNAVAILABLE where that can't be told and `inDoubt` is closed
 */
export const identify = async (deps: SlackDeps, sender: Sender, inDoubt: InDoubt): Promise<Actor> => {
  const looked = lookUp(deps, sender);
  if (inDoubt === 'closed') return named(deps, await certain(looked));
  const unknown: Seen = { id: sender.userId, name: null, email: null, fresh: false };
  try {
    return await named(deps, (await within(openAfterMs, looked)) ?? unknown);
  } catch (error) {
    if (!isAway(error)) throw error;
    deps.log.warn({ user: sender.userId }, 'Slack can not say who this is; taking back is let through');
    return named(deps, unknown);
  }
};

/** The name that people know is kept where it can be erased, as often as it is looked up; nothing waits for that. */
const named = async ({ actorOf, ledger, log }: SlackDeps, { fresh, ...member }: Seen): Promise<Actor> => {
  const actor = await actorOf(member);
  if (fresh && member.name !== null) {
    void ledger.rememberActor(actor, member.name).catch((error: unknown) => {
      log.warn({ actor: actor.id, error: String(error) }, 'the name of a person is not kept');
    });
  }
  return actor;
};

const isAway = (error: unknown): boolean =>
  error instanceof SluiceError && error.code === 'SLACK_UNAVAILABLE';

const certain = async (looked: Promise<Seen>): Promise<Seen> => {
  try {
    return await looked;
  } catch (error) {
    if (!isAway(error)) throw error;
    throw new SluiceError(
      {
        code: 'SLACK_UNAVAILABLE',
        message: 'Slack could not say who you are, so nothing was done.',
        hint: 'Try again in a moment, or say it in a terminal with `sluice`. Abort and rollback are taken meanwhile.',
      },
      { cause: error },
    );
  }
};

const lookUp = async (deps: SlackDeps, sender: Sender): Promise<Seen> => {
  try {
    return await memberOf(deps, sender);
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'NOT_AUTHORISED') throw error;
    deps.log.info({ code: error.code, user: sender.userId, team: sender.teamId }, 'turned away in Slack');
    throw error;
  }
};

const memberOf = async (deps: SlackDeps, { userId, teamId, userTeamId }: Sender): Promise<Seen> => {
  if (userTeamId !== null && userTeamId !== teamId) throw stranger();
  const slack = await openSlack(deps.settings);
  const home = await homeOf(slack.token ?? '', async () => {
    const { team_id } = await calling('a look at the token', () => slack.auth.test());
    return team_id ?? '';
  });
  if (teamId !== home) throw stranger();
  let fresh = false;
  const user = await lookedAt(deps, `${home} ${userId}`, () => {
    fresh = true;
    return userOf(userId, () => calling('a look at a person', () => slack.users.info({ user: userId })));
  });
  if (user.team_id !== home || user.is_stranger === true) throw stranger();
  if (user.deleted === true) throw refused('This account is deactivated.');
  if (user.is_bot === true || userId === 'USLACKBOT')
    throw refused('Bots start nothing here.', 'A program uses the API with a token of its own.');
  if (user.is_restricted === true || user.is_ultra_restricted === true)
    throw refused('Guests of the workspace start nothing here.', 'Ask a full member of it.');
  const { profile, is_email_confirmed } = user;
  const name = profile?.display_name || profile?.real_name || user.name || null;
  const email = is_email_confirmed === true ? (profile?.email ?? null) : null;
  return { id: userId, name, email, fresh };
};

const homeOf = async (token: string, ask: () => Promise<string>): Promise<string> => {
  const known = homes.get(token);
  if (known !== undefined) return known;
  const home = await ask();
  homes.clear();
  homes.set(token, home);
  return home;
};

/** For so long what Slack said of somebody counts: a burst of clicks asks once, and who is deactivated is noticed soon. */
const knownForMs = 30_000;
const mostKnown = 1_000;

type User = NonNullable<Info['user']>;
type Looked = { readonly at: number; readonly user: Promise<User> };

/** Per process that answers; what could not be asked is not kept. */
const looks = new WeakMap<SlackDeps, Map<string, Looked>>();

const lookedAt = (deps: SlackDeps, who: string, ask: () => Promise<User>): Promise<User> => {
  const known = looks.get(deps) ?? new Map<string, Looked>();
  looks.set(deps, known);
  const now = deps.clock();
  const before = known.get(who);
  if (before !== undefined && now >= before.at && now - before.at < knownForMs) return before.user;
  if (known.size >= mostKnown) known.clear();
  const looked: Looked = { at: now, user: ask() };
  known.set(who, looked);
  looked.user.catch(() => {
    if (known.get(who) === looked) known.delete(who);
  });
  return looked.user;
};

type Info = Awaited<ReturnType<Awaited<ReturnType<typeof openSlack>>['users']['info']>>;

const userOf = async (userId: string, ask: () => Promise<Info>): Promise<User> => {
  try {
    const { user } = await ask();
    if (user !== undefined) return user;
  } catch (error) {
    if (wordOf(error) !== 'user_not_found' && wordOf(error) !== 'user_not_visible') throw error;
  }
  throw refused(`Nobody in this workspace is ${userId}.`);
};

const stranger = (): SluiceError =>
  refused(
    'You belong to another workspace than this installation of Sluice.',
    'Ask somebody of the workspace that it is installed in.',
  );

const refused = (message: string, hint?: string): SluiceError =>
  new SluiceError({ code: 'NOT_AUTHORISED', message, ...(hint === undefined ? {} : { hint }) });
