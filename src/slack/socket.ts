import { SocketModeReceiver } from '@slack/bolt';
import { readSecret } from '../secret.ts';
import { boltLog, makeApp } from './app.ts';
import type { SlackDeps } from './deps.ts';
import { within } from '../within.ts';
import { pause } from '../pause.ts';

const firstPauseMs = 1_000;
const longestPauseMs = 30_000;
const closeMs = 2_000;
const timeoutMs = 10_000;

/**
 * Commands and clicks through a socket that this process opens: nothing of it has to be reached from outside. Opened
 * again for as long as the process lives: Slack closes each after some hours. Bolt's own client would end the process
 * where Slack is away while it opens the next one. Resolves when `ended` is aborted and the socket is closed.
 */
export const keepSocket = async (deps: SlackDeps, ref: string, ended: AbortSignal): Promise<void> => {
  let pauseMs = firstPauseMs;
  while (!ended.aborted) {
    try {
      await oneSocket(deps, ref, ended, () => {
        pauseMs = firstPauseMs;
      });
    } catch (error) {
      deps.log.warn({ error: String(error), pauseMs }, 'no socket to Slack');
    }
    await pause(pauseMs, { signal: ended, ref: false });
    pauseMs = Math.min(longestPauseMs, pauseMs * 2);
  }
};

const oneSocket = async (
  deps: SlackDeps,
  ref: string,
  ended: AbortSignal,
  onOpen: () => void,
): Promise<void> => {
  const receiver = new SocketModeReceiver({
    appToken: await readSecret(ref, deps.settings.env, 'SLACK_UNAVAILABLE'),
    autoReconnectEnabled: false,
    logger: boltLog(deps.log),
    installerOptions: {
      clientOptions: { slackApiUrl: deps.settings.url, retryConfig: { retries: 0 }, timeout: timeoutMs },
    },
  });
  makeApp(deps, receiver);
  const { client } = receiver;
  const over = Promise.withResolvers<undefined>();
  const close = (): void => over.resolve(undefined);
  client.once('disconnected', close);
  ended.addEventListener('abort', close, { once: true });
  try {
    await client.start();
    deps.log.info('Slack is connected by socket');
    onOpen();
    await over.promise;
  } finally {
    ended.removeEventListener('abort', close);
    await within(closeMs, client.disconnect());
  }
};
