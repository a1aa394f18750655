import type { SlackDeps } from './deps.ts';
import type { SlackHook } from './http.ts';
import { slackHttp } from './http.ts';
import { keepSocket } from './socket.ts';

export type RunningSlack = {
  /** `null`: commands and clicks don't come over HTTP. */
  readonly hook: SlackHook | null;
  stop(): Promise<void>;
};

/** Everything of Slack that a serving process does. */
export const startSlack = (deps: SlackDeps): RunningSlack => {
  const ended = new AbortController();
  const { settings } = deps;
  const hook = settings.signingSecret === null ? null : slackHttp(deps, settings.signingSecret, ended.signal);
  const socket =
    settings.appToken === null ? Promise.resolve() : keepSocket(deps, settings.appToken, ended.signal);
  return {
    hook,
    stop: async () => {
      ended.abort();
      await socket;
    },
  };
};
