import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { pino } from 'pino';
import type { Config } from '../src/config.ts';

/** One log for everything, JSON lines on stderr; the SDK's own lines from `warn` on. */
export const startLog = (level: Config['logLevel']): Logger => {
  const log = pino({ level, base: null, redact: ['token', '*.token', 'authorization'] }, pino.destination(2));
  const levels = { TRACE: 'debug', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level: at, message, meta }) => {
      // All queues but the main one have activities only; that is meant.
      if (message.startsWith('No workflows registered')) return;
      log[levels[at]]({ ...meta }, message);
    }),
    // The daemon shuts its workers down itself, in order.
    shutdownSignals: [],
  });
  return log;
};
