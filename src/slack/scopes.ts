/** What the bot token must allow, and what for. `slack/manifest.yml` asks for the same. */
export const botScopes = {
  commands: 'slash commands',
  'chat:write': 'messages and their threads',
  'channels:read': 'whether the app is in a channel (`sluice doctor`)',
  'groups:read': 'the same of a private channel',
  'channels:history': 'finding a message again whose answer got lost',
  'groups:history': 'the same in a private channel',
  'users:read': 'telling members from guests, bots and strangers',
  'users:read.email': 'the confirmed address of a member, by which an access file may know them',
} as const;
