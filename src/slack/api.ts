import type { Logger as SlackLogger } from '@slack/web-api';
import {
  LogLevel,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  WebClient,
} from '@slack/web-api';
import { SluiceError } from '../../runbooks/errors.ts';
import { readSecret } from '../secret.ts';
import type { SlackSettings } from './config.ts';

/** Slack answers in a second or not at all. */
const timeoutMs = 10_000;

/** What Slack says when it is not the call's fault. */
const passing: ReadonlySet<string> = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'ratelimited',
  'rate_limited',
  'message_limit_exceeded',
]);

/** Its own log would write what it sends. What goes wrong is thrown, and logged by who catches it. */
const silent: SlackLogger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};

/**
 * The Web API with one attempt per call: trying again is Temporal's. Slack's own client would go on for half an hour.
 * @throws SluiceError SLACK_REFUSED where no token is configured, SLACK_UNAVAILABLE where it can't be read
 */
export const openSlack = async (settings: SlackSettings): Promise<WebClient> => {
  const { botToken, env } = settings;
  if (botToken === null) {
    throw new SluiceError({
      code: 'SLACK_REFUSED',
      message: 'A service file names a Slack channel, and this daemon has no bot token.',
      hint: 'Set SLUICE_SLACK_BOT_TOKEN where workers are started; docs/slack.md has the steps.',
    });
  }
  const token = await readSecret(botToken, env, 'SLACK_UNAVAILABLE');
  const open = clients.get(settings);
  if (open?.token === token) return open;
  const client = clientOf(token, settings);
  clients.set(settings, client);
  return client;
};

/** A client binds its hundreds of methods when it is made: one for each token, which may be replaced while we run. */
const clients = new WeakMap<SlackSettings, WebClient>();

const clientOf = (token: string, { url }: SlackSettings): WebClient =>
  new WebClient(token, {
    slackApiUrl: url,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: timeoutMs,
    allowAbsoluteUrls: false,
    logger: silent,
  });

/** One call; what fails has our code, and Slack's word for it in `details.error`. */
export const calling = async <Answer>(what: string, call: () => Promise<Answer>): Promise<Answer> => {
  try {
    return await call();
  } catch (error) {
    throw asSluice(what, error);
  }
};

const asSluice = (what: string, error: unknown): unknown => {
  if (error instanceof WebAPIRateLimitedError) {
    return new SluiceError(
      {
        code: 'SLACK_UNAVAILABLE',
        message: `Slack asks to wait ${error.retryAfter} s before ${what}.`,
        details: { error: 'ratelimited', retryAfterMs: error.retryAfter * 1000 },
      },
      { cause: error },
    );
  }
  if (error instanceof WebAPIPlatformError) {
    const word = error.data.error;
    return new SluiceError(
      {
        code: passing.has(word) ? 'SLACK_UNAVAILABLE' : 'SLACK_REFUSED',
        message: `Slack refused ${what}: ${word}.`,
        hint: mends[word] ?? 'docs/slack.md says what the app needs; `sluice doctor` looks at it.',
        details: { error: word },
      },
      { cause: error },
    );
  }
  if (error instanceof WebAPIRequestError || error instanceof WebAPIHTTPError) {
    return new SluiceError(
      { code: 'SLACK_UNAVAILABLE', message: `Slack did not answer ${what}.` },
      { cause: error },
    );
  }
  return error;
};

const mends: Readonly<Record<string, string>> = {
  not_in_channel: 'Invite the app into the channel: /invite @Sluice.',
  channel_not_found: 'Check `slack.channel` of the service file; a private channel must have the app in it.',
  is_archived: 'Unarchive the channel, or name another one in the service file.',
  invalid_auth: 'Check the token behind SLUICE_SLACK_BOT_TOKEN.',
  token_revoked: 'Install the app again and put its new token behind SLUICE_SLACK_BOT_TOKEN.',
  missing_scope: 'Install the app again from slack/manifest.yml: it names the scopes.',
};

/** Slack's own word for why it refused; `null`: the error is something else. */
export const wordOf = (error: unknown): string | null => {
  const word = error instanceof SluiceError ? error.details?.['error'] : undefined;
  return typeof word === 'string' ? word : null;
};
