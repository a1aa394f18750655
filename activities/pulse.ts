import { Context } from '@temporalio/activity';

/**
 * Beats while a call runs that has no pauses of its own: a worker that died under it is noticed after the heartbeat
 * timeout, not after the call's whole time, which is a person's waiting time where a plan is made.
 */
export const withPulse =
  <A extends readonly unknown[], R>(call: (...args: A) => Promise<R>): ((...args: A) => Promise<R>) =>
  async (...args) => {
    const context = Context.current();
    const beat = setInterval(
      () => {
        context.heartbeat();
      },
      (context.info.heartbeatTimeoutMs ?? 15_000) / 3,
    );
    try {
      return await call(...args);
    } finally {
      clearInterval(beat);
    }
  };
