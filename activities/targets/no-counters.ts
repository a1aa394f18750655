import { SluiceError } from '../../runbooks/errors.ts';
import type { Target } from './target.ts';

/** For targets that count nothing themselves: their gates read another source, which the schema asks for. */
export const noCounters = (kind: string): Pick<Target, 'read' | 'history'> => {
  const refuse = async (): Promise<never> => {
    throw new SluiceError({
      code: 'METRICS_UNAVAILABLE',
      message: `A ${kind} target has no counters of its own.`,
      hint: 'Name a Prometheus or the /metrics pages in `gates.source`.',
    });
  };
  return { read: refuse, history: refuse };
};
