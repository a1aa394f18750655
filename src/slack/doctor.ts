import { SluiceError } from '../../runbooks/errors.ts';
import type { ServiceFile } from '../../runbooks/service.ts';
import type { Check } from '../api/health.ts';
import { readSecret } from '../secret.ts';
import { calling, openSlack, wordOf } from './api.ts';
import type { SlackSettings } from './config.ts';
import { botScopes } from './scopes.ts';

/** Slack refuses what is more than five minutes off. */
const mostOffMs = 60_000;

/**
 * What can be told about Slack without writing anything there: the token and its scopes, the clock, the signing secret's
 * form, and each channel. Nothing is looked at where neither a service file nor the daemon has anything to do with Slack.
 */
export const slackChecks = async (
  settings: SlackSettings,
  services: readonly ServiceFile[],
  clock: () => number = Date.now,
): Promise<readonly Check[]> => {
  const channels = services.flatMap(({ service, environments }) =>
    Object.entries(environments).flatMap(([environment, { slack }]) =>
      slack === undefined ? [] : [{ name: `Slack of ${service} (${environment})`, channel: slack.channel }],
    ),
  );
  if (settings.botToken === null && channels.length === 0) return [];
  return Promise.all([
    tokenCheck(settings, clock),
    hearingCheck(settings),
    ...channels.map(({ name, channel }) => channelCheck(settings, name, channel)),
  ]);
};

const checked = async (name: string, look: () => Promise<Omit<Check, 'name'>>): Promise<Check> => {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { name, ok: false, says: error.message, mend: error.hint ?? null };
  }
};

const fine = (says: string): Omit<Check, 'name'> => ({ ok: true, says, mend: null });

const tokenCheck = (settings: SlackSettings, clock: () => number): Promise<Check> =>
  checked('Slack', async () => {
    const slack = await openSlack(settings);
    const before = clock();
    const {
      team,
      user,
      response_metadata: meta,
    } = await calling('a look at the token', () => slack.auth.test());
    const missing = Object.keys(botScopes).filter((scope) => !(meta?.scopes ?? []).includes(scope));
    if (missing.length > 0)
      return {
        ok: false,
        says: `the token of ${user ?? 'the app'} lacks ${missing.join(', ')}`,
        mend: 'Install the app again from slack/manifest.yml: it names the scopes.',
      };
    const off = await clockOff(settings, before, clock);
    if (off !== null && Math.abs(off) > mostOffMs)
      return {
        ok: false,
        says: `this machine’s clock is ${String(Math.round(Math.abs(off) / 1000))} s ${off > 0 ? 'ahead of' : 'behind'} Slack’s`,
        mend: 'Set the clock: requests that are more than five minutes off are refused.',
      };
    return fine(`answers, ${user ?? 'the app'} in ${team ?? 'its workspace'}, all scopes`);
  });

/** How far this clock is ahead, in ms; `null`: no answer tells a time. */
const clockOff = async (
  { url }: SlackSettings,
  before: number,
  clock: () => number,
): Promise<number | null> => {
  const response = await fetch(new URL('api.test', url), {
    method: 'POST',
    signal: AbortSignal.timeout(3_000),
  }).catch(() => null);
  const date = response?.headers.get('date') ?? null;
  if (date === null) return null;
  // To the second, and somewhere between asking and hearing.
  return (before + clock()) / 2 - Date.parse(date) - 500;
};

const hearingCheck = (settings: SlackSettings): Promise<Check> =>
  checked('Slack’s commands and buttons', async () => {
    const { signingSecret, appToken, env, publicUrl } = settings;
    if (appToken !== null) {
      const token = await readSecret(appToken, env, 'SLACK_UNAVAILABLE');
      if (token.startsWith('xapp-')) return fine('come by socket');
      return {
        ok: false,
        says: `what ${appToken} holds is no app-level token (xapp-…)`,
        mend: 'Make an App-Level Token with the scope connections:write in the app’s basic information.',
      };
    }
    if (signingSecret === null)
      return fine('are not heard: neither a signing secret nor an app-level token is configured');
    const secret = await readSecret(signingSecret, env, 'SLACK_UNAVAILABLE');
    if (!/^[0-9a-f]{32}$/.test(secret))
      return {
        ok: false,
        says: `what ${signingSecret} holds has not the form of a signing secret (32 hex digits)`,
        mend: 'Copy the Signing Secret from the app’s basic information; it is no token.',
      };
    if (publicUrl === null)
      return {
        ok: false,
        says: 'come over HTTP, and this daemon answers only to the names of this machine',
        mend: 'Set SLUICE_PUBLIC_URL to the address that the app’s manifest names.',
      };
    return fine(`come over HTTP to ${publicUrl.replace(/\/+$/, '')}/v1/hooks/slack`);
  });

const channelCheck = (settings: SlackSettings, name: string, channel: string): Promise<Check> =>
  checked(name, async () => {
    const slack = await openSlack(settings);
    try {
      const { channel: found } = await calling('a look at the channel', () =>
        slack.conversations.info({ channel }),
      );
      if (found?.is_archived === true)
        return {
          ok: false,
          says: `#${found.name ?? channel} is archived`,
          mend: 'Unarchive it, or name another.',
        };
      if (found?.is_member !== true)
        return {
          ok: false,
          says: `the app is not in #${found?.name ?? channel}`,
          mend: 'Invite it there: /invite @Sluice.',
        };
      return fine(`shown in #${found.name ?? channel}`);
    } catch (error) {
      if (wordOf(error) !== 'channel_not_found') throw error;
      return {
        ok: false,
        says: `there is no channel ${channel}, or it is private and the app is not in it`,
        mend: 'Correct `slack.channel` in the service file, or invite the app.',
      };
    }
  });
