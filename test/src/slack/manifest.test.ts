import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { slashCommands } from '../../../src/slack/app.ts';
import { slackHook } from '../../../src/slack/http.ts';
import { usageLines } from '../../../src/grammar/usage.ts';
import { botScopes } from '../../../src/slack/scopes.ts';
import { methods } from '../../servers/slack/methods.ts';
import { root } from '../../e2e/dev.ts';

const manifestSchema = z.object({
  display_information: z.object({ name: z.string().max(35), description: z.string().max(140) }),
  features: z.object({
    // Without it Slack refuses what the app writes to one person alone.
    app_home: z.strictObject({
      home_tab_enabled: z.literal(false),
      messages_tab_enabled: z.literal(true),
      messages_tab_read_only_enabled: z.literal(true),
    }),
    slash_commands: z.array(
      z.strictObject({
        command: z.string().regex(/^\/[a-z]{1,31}$/),
        url: z.url(),
        description: z.string().min(1).max(2000),
        usage_hint: z.string().max(1000),
        // Escaped, a name would come as a mention or a link.
        should_escape: z.literal(false),
      }),
    ),
  }),
  oauth_config: z.strictObject({ scopes: z.strictObject({ bot: z.array(z.string()) }) }),
  settings: z.strictObject({
    interactivity: z.strictObject({ is_enabled: z.literal(true), request_url: z.url() }),
    org_deploy_enabled: z.literal(false),
    socket_mode_enabled: z.boolean(),
    token_rotation_enabled: z.literal(false),
  }),
});

test('the manifest asks for what the code needs, no more and no less, and leads to where it listens', async () => {
  const text = await readFile(path.join(root, 'slack/manifest.yml'), 'utf8');
  const { features, oauth_config, settings } = manifestSchema.parse(parse(text));
  expect(features.slash_commands.map(({ command }) => command)).toEqual([...slashCommands]);
  const addresses = [...features.slash_commands.map(({ url }) => url), settings.interactivity.request_url];
  expect(new Set(addresses.map((url) => new URL(url).pathname))).toEqual(new Set([slackHook]));
  expect([...oauth_config.scopes.bot].sort()).toEqual(Object.keys(botScopes).sort());
});

test('every method that is called has its scope', () => {
  const needed = Object.values(methods).flatMap(({ scope }) => (scope === null ? [] : [scope]));
  expect(Object.keys(botScopes)).toEqual(expect.arrayContaining(needed));
});

test('the set-up page names every scope, command and setting', async () => {
  const page = await readFile(path.join(root, 'docs/slack.md'), 'utf8');
  const settings = ['BOT_TOKEN', 'SIGNING_SECRET', 'APP_TOKEN'].map((name) => `SLUICE_SLACK_${name}`);
  for (const word of [...Object.keys(botScopes), ...slashCommands, slackHook, ...settings])
    expect(page).toContain(word);
  for (const { command, usage } of usageLines)
    expect(page).toContain(`| \`${`${command} ${usage}`.trim()}\` `);
});
