import type { SlackDeps } from './deps.ts';
import { keepFollowing } from './follow.ts';
import type { SlackHook } from './http.ts';
import { slackHttp } from './http.ts';
import { keepSocket } from './socket.ts';
import { within } from '../within.ts';

/** Who is not told by then is told by the next process. */
const closeMs = 2_000;

export type RunningSlack = {
  /** `null`: commands and clicks don't come over HTTP. */
  readonly hook: SlackHook | null;
  stop(): Promise<void>;
};

/** Everything of Slack that a serving process does. */
export const startSlack = (deps: SlackDeps): RunningSlack => {
  const ended = new AbortController();
  const { settings } = deps;
  const hook = settings.signingSecret === null ? null : slackHttp(deps, settings.signingSecret);
  const socket =
    settings.appToken === null ? Promise.resolve() : keepSocket(deps, settings.appToken, ended.signal);
  const hears = settings.signingSecret !== null || settings.appToken !== null;
  const following = hears ? keepFollowing(deps, ended.signal) : Promise.resolve();
  return {
    hook,
    stop: async () => {
      ended.abort();
      await Promise.all([socket, within(closeMs, following)]);
    },
  };
};
