import type { Environment } from '../home.ts';

/** How this process reaches Slack, and Slack it. Secrets by reference (`env:NAME`, `file:/path`). */
export type SlackSettings = {
  /** Base address of the Web API. */
  readonly url: string;
  /** Bot token; `null`: this installation has no Slack. */
  readonly botToken: string | null;
  /** Signing secret: commands and clicks come over HTTP; `null`: they don't. */
  readonly signingSecret: string | null;
  /** App-level token: commands and clicks come through a socket of ours; `null`: they don't. */
  readonly appToken: string | null;
  /** Where people reach the daemon, for links; `null`: not told. */
  readonly publicUrl: string | null;
  /** Whether a click is heard: only then has a message buttons. */
  readonly buttons: boolean;
  /** Where `env:NAME` is looked up. */
  readonly env: Environment;
};
