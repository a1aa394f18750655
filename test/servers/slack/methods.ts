import { judgeMessage, judgeView } from './blocks.ts';

/** What one method takes, from its public reference. `json`: an argument that is sent as JSON. */
export type Method = {
  /** Calls a minute for the workspace, or for a channel where it says so. */
  readonly tier: number;
  readonly per: 'workspace' | 'channel';
  readonly scope: string | null;
  readonly required: readonly string[];
  readonly optional: readonly string[];
};

const method = (
  [tier, per]: readonly [number, 'workspace' | 'channel'],
  scope: string | null,
  required: readonly string[],
  optional: readonly string[] = [],
): Method => ({ tier, per, scope, required, optional });

const tier2 = [20, 'workspace'] as const;
const tier3 = [50, 'workspace'] as const;
const tier4 = [100, 'workspace'] as const;
/** About one a second in a channel; short bursts are let through. */
const posting = [60, 'channel'] as const;

const looks = ['unfurl_links', 'unfurl_media', 'link_names', 'parse', 'mrkdwn'];

/** The methods that Sluice uses; any other is a violation. */
export const methods: Readonly<Record<string, Method>> = {
  'chat.postMessage': method(
    posting,
    'chat:write',
    ['channel', 'text'],
    [...['blocks', 'thread_ts', 'reply_broadcast', 'metadata'], ...looks],
  ),
  'chat.update': method(
    tier3,
    'chat:write',
    ['channel', 'ts', 'text'],
    [...['blocks', 'metadata', 'link_names', 'parse']],
  ),
  'chat.postEphemeral': method(
    [100, 'channel'],
    'chat:write',
    ['channel', 'user', 'text'],
    [...['blocks', 'thread_ts', 'link_names', 'parse']],
  ),
  'chat.getPermalink': method([600, 'workspace'], null, ['channel', 'message_ts']),
  'conversations.info': method(tier3, 'channels:read', ['channel']),
  'conversations.history': method(
    tier3,
    'channels:history',
    ['channel'],
    [...['oldest', 'latest', 'inclusive', 'limit', 'cursor', 'include_all_metadata']],
  ),
  'conversations.replies': method(
    tier3,
    'channels:history',
    ['channel', 'ts'],
    [...['oldest', 'latest', 'inclusive', 'limit', 'cursor', 'include_all_metadata']],
  ),
  'users.info': method(tier4, 'users:read', ['user']),
  'views.open': method(tier4, null, ['trigger_id', 'view']),
  'views.update': method(tier4, null, ['view'], ['view_id', 'external_id', 'hash']),
  'api.test': method([600, 'workspace'], null, []),
  'auth.test': method([600, 'workspace'], null, []),
  'apps.connections.open': method(tier2, null, []),
};

export type Arguments = Readonly<Record<string, unknown>>;

const asJson: ReadonlySet<string> = new Set(['blocks', 'view', 'metadata']);

/** The arguments of a form, those in JSON parsed. @throws what is wrong with them */
export const readArguments = (form: URLSearchParams): Arguments =>
  Object.fromEntries(
    [...form]
      .filter(([name]) => name !== 'token')
      .map(([name, value]) => [name, asJson.has(name) ? (JSON.parse(value) as unknown) : value]),
  );

const shapes: Readonly<Record<string, RegExp>> = {
  channel: /^[CGD][A-Z0-9]{8,}$/,
  user: /^[UW][A-Z0-9]{6,}$/,
  ts: /^\d{10}\.\d{6}$/,
  thread_ts: /^\d{10}\.\d{6}$/,
  message_ts: /^\d{10}\.\d{6}$/,
  oldest: /^\d{10}(?:\.\d{1,6})?$/,
  reply_broadcast: /^(?:true|false)$/,
  limit: /^(?:[1-9]\d{0,2})$/,
};

/** What is wrong with the call; `null`: nothing. */
export const judgeCall = (
  name: string,
  given: Arguments,
  mayPing: ReadonlySet<string> = new Set(),
): string | null => {
  const method = methods[name];
  if (method === undefined) return `no such method is used: ${name}`;
  for (const required of method.required)
    if (given[required] === undefined || given[required] === '') return `${name} lacks ${required}`;
  for (const [argument, value] of Object.entries(given)) {
    if (!method.required.includes(argument) && !method.optional.includes(argument))
      return `${name} has no argument ${argument}`;
    // Slack takes a person's id there, too: the message is theirs alone.
    if (name === 'chat.postMessage' && argument === 'channel' && /^[UW][A-Z0-9]{2,30}$/.test(String(value)))
      continue;
    const shape = shapes[argument];
    if (shape !== undefined && (typeof value !== 'string' || !shape.test(value)))
      return `${name}: ${argument} is not usable: ${JSON.stringify(value)}`;
  }
  if (given['reply_broadcast'] === 'true' && given['thread_ts'] === undefined)
    return `${name}: a broadcast needs a thread`;
  if (given['link_names'] === 'true' || given['parse'] === 'full')
    return `${name}: names would become mentions`;
  if (given['metadata'] !== undefined) {
    const { event_type, event_payload, ...rest } = given['metadata'] as Record<string, unknown>;
    if (typeof event_type !== 'string' || !/^[a-z0-9_]{1,255}$/.test(event_type))
      return `${name}: metadata has no event_type`;
    if (typeof event_payload !== 'object' || Object.keys(rest).length > 0)
      return `${name}: metadata is not usable`;
  }
  if (given['view'] !== undefined) return judgeView(given['view']);
  if (!name.startsWith('chat.') || name === 'chat.getPermalink') return null;
  return judgeMessage(given['text'] as string, given['blocks'], mayPing);
};
