import type { Environment } from '../home.ts';

/** How this process reaches PagerDuty, and PagerDuty it. */
export type Paging = {
  /** Base address of the Events API. */
  readonly url: string;
  /** Where people reach the daemon, for links; `null`: not told. */
  readonly publicUrl: string | null;
  /** References of the signing secrets of its webhooks; none: webhooks are refused. */
  readonly webhookSecrets: readonly string[];
  /** Where `env:NAME` is looked up. */
  readonly env: Environment;
};
