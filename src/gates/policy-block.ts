import type { CustomMetric } from '../../runbooks/custom-metric.ts';
import type { GatePolicy } from '../../runbooks/gates.ts';
import { defined } from './gates-block.ts';
import type { RecordingInput } from './recording.ts';

/**
 * A service file's gates as recordings hold them, and as the gate itself takes them: without sources and queries. A
 * limit above 95 % is none, because nothing can surely exceed it in time; an extension of 0 is none.
 */
export const blockOfPolicy = (gates: GatePolicy): RecordingInput['gates'] => {
  const {
    every,
    budget,
    holdBack,
    warmUp,
    history,
    errors,
    latency,
    saturation = [],
    custom = [],
    onInconclusive,
  } = gates;
  return {
    ...{ every, budget, holdBack, warmUp, history },
    errors: { max: errors.max > 0.95 ? null : errors.max, margin: errors.margin, harm: errors.harm },
    ...(latency === undefined ? {} : { latency: limitsOf(latency) }),
    saturation: saturation.map(({ name, max, margin, perRequest }) => ({
      name,
      margin,
      ...(max === undefined ? {} : { max }),
      ...(perRequest === undefined ? {} : { perRequest }),
    })),
    ...(custom.length === 0 ? {} : { custom: custom.map(customOf) }),
    // Runbooks from before there was a default have none.
    onInconclusive: { extend: onInconclusive.extend || null, then: onInconclusive.then },
  };
};

const customOf = ({ name, histogram, max, harm, margin, p50, p95, p99 }: CustomMetric) =>
  histogram === undefined
    ? {
        name,
        ...defined({ max: max !== undefined && max > 0.95 ? null : max, harm, margin }),
      }
    : { name, histogram, ...defined({ p50, p95, p99, margin }) };

const limitsOf = ({ p50, p95, p99, margin }: NonNullable<GatePolicy['latency']>) => ({
  margin,
  ...(p50 === undefined ? {} : { p50 }),
  ...(p95 === undefined ? {} : { p95 }),
  ...(p99 === undefined ? {} : { p99 }),
});
