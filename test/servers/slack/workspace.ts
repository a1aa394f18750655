import type { Arguments, Method } from './methods.ts';
import type { Replying } from './replying.ts';
import { Views } from './views.ts';

/** A message as the workspace keeps it. */
export type Kept = {
  readonly channel: string;
  readonly ts: string;
  readonly thread: string | null;
  readonly broadcast: boolean;
  text: string;
  blocks: readonly unknown[];
  metadata: unknown;
  edits: number;
};

export type User = {
  readonly id: string;
  readonly team: string;
  readonly name: string;
  readonly email: string;
  readonly is_bot?: boolean;
  readonly deleted?: boolean;
  readonly is_restricted?: boolean;
  readonly is_ultra_restricted?: boolean;
  readonly is_stranger?: boolean;
};

export const team = 'T0SLUICE1';
export const botUser = 'U0SLUICEB';
export const channelId = 'C0DEPLOYS';

const no = (error: string) => ({ ok: false, error });

/** Channels, people and messages of one workspace, with the rules that Slack keeps. */
export class Workspace {
  readonly channels = new Map<string, { member: boolean; archived: boolean }>([
    [channelId, { member: true, archived: false }],
  ]);
  readonly users = new Map<string, User>();
  readonly messages: Kept[] = [];
  readonly ephemeral: { readonly user: string; readonly channel: string; readonly text: string }[] = [];
  /** What the app wrote to one person alone. */
  readonly direct: { readonly user: string; readonly text: string }[] = [];
  readonly views = new Views();
  readonly #replying: Replying;
  readonly #called = new Map<string, number[]>();
  #count = 0;

  constructor(replying: Replying) {
    this.#replying = replying;
  }

  /** Seconds until the method may be called again; 0: now. */
  limited(name: string, method: Method, given: Arguments, now: number): number {
    const key = method.per === 'channel' ? `${name} ${String(given['channel'])}` : name;
    const recent = (this.#called.get(key) ?? []).filter((at) => now - at < 60_000);
    this.#called.set(key, recent);
    const [oldest] = recent;
    if (recent.length >= method.tier && oldest !== undefined)
      return Math.max(1, Math.ceil((oldest + 60_000 - now) / 1000));
    recent.push(now);
    return 0;
  }

  /** Root messages, oldest first. */
  get roots(): readonly Kept[] {
    return this.messages.filter(({ thread }) => thread === null);
  }

  thread(ts: string): readonly Kept[] {
    return this.messages.filter(({ thread }) => thread === ts);
  }

  remove(ts: string): void {
    const i = this.messages.findIndex((message) => message.ts === ts);
    if (i !== -1) this.messages.splice(i, 1);
  }

  call(name: string, given: Arguments, now: number): Readonly<Record<string, unknown>> {
    switch (name) {
      case 'chat.postMessage':
        return this.#post(given);
      case 'chat.update':
        return this.#update(given);
      case 'chat.postEphemeral':
        return this.#whisper(given);
      case 'chat.getPermalink':
        return this.#permalink(given);
      case 'conversations.info':
        return this.#info(given);
      case 'conversations.history':
      case 'conversations.replies':
        return this.#history(name, given);
      case 'users.info':
        return this.#user(given);
      case 'views.open': {
        const wrong = this.#replying.spend(String(given['trigger_id']), now);
        return wrong === null ? this.views.open(given['view']) : no(wrong);
      }
      case 'views.update':
        return this.views.update(given);
      case 'api.test':
        return { ok: true };
      case 'auth.test':
        return {
          ok: true,
          team_id: team,
          user_id: botUser,
          bot_id: 'B0SLUICE1',
          team: 'test',
          user: 'sluice',
        };
      default:
        return no('unknown_method');
    }
  }

  #channel(given: Arguments) {
    const channel = this.channels.get(String(given['channel']));
    if (channel === undefined) return { error: no('channel_not_found') };
    if (!channel.member) return { error: no('not_in_channel') };
    return channel.archived ? { error: no('is_archived') } : { error: null };
  }

  #post(given: Arguments) {
    const user = this.users.get(String(given['channel']));
    if (user !== undefined) {
      this.direct.push({ user: user.id, text: String(given['text']) });
      return {
        ok: true,
        channel: 'D0DIRECT1',
        ts: `1750000000.${String(this.direct.length).padStart(6, '0')}`,
      };
    }
    const { error } = this.#channel(given);
    if (error !== null) return error;
    const asked = given['thread_ts'];
    const thread = typeof asked === 'string' ? asked : null;
    if (thread !== null && !this.roots.some(({ ts }) => ts === thread)) return no('thread_not_found');
    this.#count += 1;
    const ts = `${String(1_760_000_000 + this.#count)}.000100`;
    this.messages.push({
      ...{ channel: String(given['channel']), ts, thread, broadcast: given['reply_broadcast'] === 'true' },
      ...{ text: String(given['text']), blocks: (given['blocks'] ?? []) as readonly unknown[] },
      ...{ metadata: given['metadata'] ?? null, edits: 0 },
    });
    return { ok: true, channel: given['channel'], ts, message: { ts } };
  }

  #update(given: Arguments) {
    const { error } = this.#channel(given);
    if (error !== null) return error;
    const found = this.messages.find(({ ts }) => ts === given['ts']);
    if (found === undefined) return no('message_not_found');
    found.text = String(given['text']);
    found.blocks = (given['blocks'] ?? []) as readonly unknown[];
    found.metadata = given['metadata'] ?? found.metadata;
    found.edits += 1;
    return { ok: true, channel: given['channel'], ts: given['ts'], text: given['text'] };
  }

  #whisper(given: Arguments) {
    const { error } = this.#channel(given);
    if (error !== null) return error;
    const user = String(given['user']);
    if (!this.users.has(user)) return no('user_not_in_channel');
    this.ephemeral.push({ user, channel: String(given['channel']), text: String(given['text']) });
    return { ok: true, message_ts: '1760000000.000001' };
  }

  #permalink(given: Arguments) {
    const { channel, message_ts } = given;
    return this.messages.some(({ ts }) => ts === message_ts)
      ? {
          ok: true,
          channel,
          permalink: `https://test.slack.com/archives/${String(channel)}/p${String(message_ts).replace('.', '')}`,
        }
      : no('message_not_found');
  }

  #info(given: Arguments) {
    const channel = this.channels.get(String(given['channel']));
    if (channel === undefined) return no('channel_not_found');
    return {
      ok: true,
      channel: {
        id: given['channel'],
        name: 'deploys',
        is_member: channel.member,
        is_archived: channel.archived,
      },
    };
  }

  #history(name: string, given: Arguments) {
    const { error } = this.#channel(given);
    if (error !== null) return error;
    const all =
      name === 'conversations.replies'
        ? this.messages.filter(({ thread, ts }) => thread === given['ts'] || ts === given['ts'])
        : this.roots;
    const here = all.filter(({ channel }) => channel === given['channel']);
    const asked = Number(given['limit'] ?? 100);
    const page = name === 'conversations.replies' ? here.slice(0, asked) : here.slice(-asked).reverse();
    return {
      ok: true,
      has_more: false,
      messages: page.map(({ ts, text, metadata }) => ({
        ...{ type: 'message', ts, text, user: botUser },
        ...(given['include_all_metadata'] === 'true' && metadata !== null ? { metadata } : {}),
      })),
    };
  }

  #user(given: Arguments) {
    const user = this.users.get(String(given['user']));
    if (user === undefined) return no('user_not_found');
    const { id, team: home, name, email, ...flags } = user;
    return {
      ok: true,
      user: {
        id,
        team_id: home,
        name,
        ...flags,
        is_email_confirmed: true,
        profile: { real_name: name, display_name: name, email },
      },
    };
  }
}
