import type { ArmCounts } from '../../runbooks/verdict.ts';
import type { ArmReading } from './reading.ts';

export const noCounts: ArmCounts = { requests: 0, errors: 0 };

/**
 * What happened between two readings of one arm, summed over its instances. A counter that fell belongs to a process
 * that restarted: it counts from 0. An instance seen for the first time is only a starting point.
 */
export const difference = (before: ArmReading, now: ArmReading): ArmCounts => {
  const known = new Map(before.instances.map((instance) => [instance.id, instance]));
  let requests = 0;
  let errors = 0;
  for (const instance of now.instances) {
    const earlier = known.get(instance.id);
    if (earlier === undefined) continue;
    const restarted = instance.requests < earlier.requests || instance.errors < earlier.errors;
    requests += restarted ? instance.requests : instance.requests - earlier.requests;
    errors += restarted ? instance.errors : instance.errors - earlier.errors;
  }
  return { requests, errors };
};
