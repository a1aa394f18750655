import { SluiceError } from '../../runbooks/errors.ts';
import type { Problem } from '../../runbooks/errors.ts';
import type { Target } from '../targets/target.ts';
import type { MetricsSource } from './source.ts';

const silent = (running: string, why: string): Problem => ({
  code: 'METRICS_UNAVAILABLE',
  message: `The metrics of ${running}, which runs now, can not be read: ${why} A gate would be blind.`,
  hint: 'See whether the practice service runs.',
});

/** The practice service counts by itself: its target has the numbers. */
export const practiceSource = (target: Target, service: string): MetricsSource => ({
  read: (version, signal) => target.read(service, version, signal),
  async history(version, fromMs, toMs, everyMs, signal) {
    const readings = await target.history(service, version, fromMs, everyMs, signal);
    return readings.filter(({ at }) => at <= toMs).map(({ at, arm }) => ({ atMs: at, arm }));
  },
  async check({ running }, signal) {
    try {
      const { arm } = await target.read(service, running, signal);
      return arm.instances.length > 0 ? [] : [silent(running, 'no instance answered.')];
    } catch (error) {
      if (error instanceof SluiceError) return [silent(running, error.message)];
      throw error;
    }
  },
});
