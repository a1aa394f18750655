import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { HTTPReceiver } from '@slack/bolt';
import { SluiceError } from '../../runbooks/errors.ts';
import { readSecret } from '../secret.ts';
import { boltLog, makeApp } from './app.ts';
import type { SlackDeps } from './deps.ts';
import { isHeard } from './payloads.ts';
import { judgeSigned } from './signed.ts';

/** Where Slack sends commands, clicks and forms. */
export const slackHook = '/v1/hooks/slack';
/** Slack's own messages are far smaller. */
export const largestRequest = 1024 * 1024;

/**
 * Judges one request of Slack by its headers and the bytes of its body; what it returns answers the request.
 * @throws SluiceError UNAUTHENTICATED, USAGE, SLACK_UNAVAILABLE where the secret can't be read
 */
export type SlackHook = (
  headers: IncomingHttpHeaders,
  body: Buffer,
) => Promise<(request: IncomingMessage, response: ServerResponse) => void>;

/** Bolt's HTTP receiver behind our own check of the time; made anew when the signing secret was rotated. */
export const slackHttp = (deps: SlackDeps, ref: string): SlackHook => {
  let made: { readonly secret: string; readonly receiver: HTTPReceiver } | null = null;
  const receiverFor = (secret: string): HTTPReceiver => {
    if (made?.secret === secret) return made.receiver;
    const receiver = new HTTPReceiver({
      signingSecret: secret,
      endpoints: [slackHook],
      logger: boltLog(deps.log),
      bodyLimit: largestRequest,
      unhandledRequestTimeoutMillis: 2_900,
    });
    makeApp(deps, receiver);
    made = { secret, receiver };
    return receiver;
  };
  return async (headers, body) => {
    const secret = await readSecret(ref, deps.settings.env, 'SLACK_UNAVAILABLE');
    const wrong = judgeSigned(headers, body, secret, deps.clock());
    if (wrong !== null) {
      deps.log.warn({ wrong }, 'a request that Slack did not sign, or not now, was refused');
      throw unsigned(wrong);
    }
    if (!isHeard(body)) {
      deps.log.warn({ bytes: body.length }, 'a request of Slack that nobody listens to was refused');
      throw new SluiceError({
        code: 'USAGE',
        message: 'The request is neither a command nor a click nor a form of Slack.',
        hint: 'slack/manifest.yml names what the app listens to.',
      });
    }
    const receiver = receiverFor(secret);
    return (request, response) => {
      receiver.requestListener(Object.assign(request, { rawBody: body }), response);
    };
  };
};

const unsigned = (wrong: Exclude<ReturnType<typeof judgeSigned>, null>): SluiceError =>
  new SluiceError({
    code: 'UNAUTHENTICATED',
    message:
      wrong === 'old' || wrong === 'future'
        ? 'The request was signed more than five minutes from now.'
        : 'The request is not signed with the secret that is known here.',
    hint:
      wrong === 'old' || wrong === 'future'
        ? 'Set this machine’s clock; a copy of an older request is refused for good.'
        : 'SLUICE_SLACK_SIGNING_SECRET names the signing secret from the app’s basic information.',
    details: { wrong },
  });
