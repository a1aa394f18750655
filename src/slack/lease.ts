import type { SlackDeps } from './deps.ts';

/**
 * Keeps a request that is being worked on from whoever looks for those of the dead, however long the work takes. The
 * last renewal is over before it returns: it can not put off what is due after it.
 */
export const leased = async <T>(
  { ledger, log }: Pick<SlackDeps, 'ledger' | 'log'>,
  key: string,
  leaseMs: number,
  work: () => Promise<T>,
): Promise<T> => {
  let renewal: Promise<void> = Promise.resolve();
  const renew = (): void => {
    renewal = ledger.slack.putOff(key, leaseMs).catch((error: unknown) => {
      log.warn({ error: String(error) }, 'a request of Slack may be taken for a dead process’s');
    });
  };
  const timer = setInterval(renew, leaseMs / 2);
  timer.unref();
  try {
    return await work();
  } finally {
    clearInterval(timer);
    await renewal;
  }
};
