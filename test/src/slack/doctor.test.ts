import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { ServiceFile } from '../../../runbooks/service.ts';
import type { SlackSettings } from '../../../src/slack/config.ts';
import { slackChecks } from '../../../src/slack/doctor.ts';
import { makeService } from '../../runbooks/make.ts';
import { signingSecret } from '../../servers/slack/person.ts';
import { appToken, botToken, SlackServer } from '../../servers/slack/server.ts';
import { channelId } from '../../servers/slack/workspace.ts';

let server: SlackServer;
let url: string;
beforeEach(async () => {
  server = new SlackServer();
  url = await server.start();
});
afterEach(() => server.stop());

const settings = (changes: Partial<SlackSettings> = {}): SlackSettings => ({
  ...{ url, botToken: 'env:BOT', signingSecret: 'env:SIGNING', appToken: null },
  ...{ publicUrl: 'https://sluice.example.com', buttons: true },
  env: { BOT: botToken, SIGNING: signingSecret, APP: appToken },
  ...changes,
});

const shown = (channel: string): ServiceFile => {
  const service = makeService();
  const [[name, environment] = []] = Object.entries(service.environments);
  if (name === undefined || environment === undefined) throw new Error('no environment');
  return { ...service, environments: { [name]: { ...environment, slack: { channel } } } };
};

test('token, scopes, clock, signing secret and channel, without writing anything', async () => {
  const checks = await slackChecks(settings(), [shown(channelId)]);
  expect(checks.map(({ name, ok, says }) => [name, ok, says])).toEqual([
    ['Slack', true, 'answers, sluice in test, all scopes'],
    ['Slack’s commands and buttons', true, 'come over HTTP to https://sluice.example.com/v1/hooks/slack'],
    ['Slack of shop (production)', true, 'shown in #deploys'],
  ]);
  expect(server.workspace.messages).toEqual([]);
  expect(JSON.stringify(checks)).not.toContain(botToken);
});

test('where nothing has to do with Slack nothing is looked at', async () => {
  expect(await slackChecks(settings({ botToken: null }), [makeService()])).toEqual([]);
  expect(server.calls).toEqual([]);
});

const broken: readonly (readonly [string, () => Partial<SlackSettings>, string])[] = [
  ['a token of another app', () => ({ env: { BOT: 'xoxb-other', SIGNING: signingSecret } }), 'invalid_auth'],
  ['no token at all', () => ({ botToken: null }), 'no bot token'],
  ['a token in the place of the signing secret', () => ({ signingSecret: 'env:BOT' }), 'has not the form'],
  ['a signing secret that is not there', () => ({ signingSecret: 'env:GONE' }), 'is not there'],
  ['nobody who could reach it', () => ({ publicUrl: null }), 'only to the names of this machine'],
  ['a bot token in the place of the app’s', () => ({ appToken: 'env:BOT' }), 'no app-level token'],
];

test.each(broken)('%s is said, with what mends it', async (_, changes, says) => {
  const checks = await slackChecks(settings(changes()), [shown(channelId)]);
  const wrong = checks.filter(({ ok }) => !ok);
  expect(wrong.map((check) => check.says).join(' ')).toContain(says);
  for (const { mend } of wrong) expect(mend).toMatch(/\S/);
});

test('missing scopes are named', async () => {
  server.scopes = server.scopes.filter((scope) => scope !== 'users:read');
  const [token] = await slackChecks(settings(), [shown(channelId)]);
  expect(token).toMatchObject({ ok: false, says: 'the token of sluice lacks users:read' });
});

test('a clock that is off is said', async () => {
  const [token] = await slackChecks(settings(), [shown(channelId)], () => Date.now() + 400_000);
  expect(token).toMatchObject({ ok: false });
  expect(token?.says).toMatch(/clock is (399|400|401) s ahead of Slack’s/);
});

test.each([
  [{ member: false, archived: false }, 'is not in #deploys', '/invite'],
  [{ member: true, archived: true }, 'is archived', 'Unarchive'],
  [null, 'no channel', 'service file'],
] as const)('a channel that takes no messages (%j) is said', async (channel, says, mend) => {
  if (channel === null) server.workspace.channels.delete(channelId);
  else server.workspace.channels.set(channelId, channel);
  const found = (await slackChecks(settings(), [shown(channelId)])).at(-1);
  expect(found).toMatchObject({ ok: false });
  expect(found?.says).toContain(says);
  expect(found?.mend).toContain(mend);
});
