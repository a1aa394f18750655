import type { GatePolicy } from './gates.ts';

/** What a gates block means in seconds and shares, as the gate takes it; the release and its steps are not in it. */
export type GateNumbers = {
  readonly everySeconds: number;
  readonly budget: number;
  readonly errors: { readonly max: number | null; readonly margin: number; readonly harm: number };
  readonly latency: {
    readonly limits?: readonly { readonly quantile: number; readonly seconds: number }[];
    readonly margin: number;
  } | null;
  readonly saturation: readonly {
    readonly name: string;
    readonly max?: number;
    readonly margin: number;
    readonly perRequest?: boolean;
  }[];
  readonly warmUpSeconds: number;
  readonly historySeconds: number;
  readonly holdBack: number;
  readonly onInconclusive: {
    readonly extendSeconds: number | null;
    readonly then: 'ask' | 'rollback' | 'promote';
  };
};

const latencyNumbers = ({
  p50,
  p95,
  p99,
  margin,
}: NonNullable<GatePolicy['latency']>): GateNumbers['latency'] => {
  const limits = [
    { quantile: 0.5, ms: p50 },
    { quantile: 0.95, ms: p95 },
    { quantile: 0.99, ms: p99 },
  ].flatMap(({ quantile, ms }) => (ms === undefined ? [] : [{ quantile, seconds: ms / 1000 }]));
  return { ...(limits.length === 0 ? {} : { limits }), margin };
};

const gaugeNumbers = ({
  name,
  max,
  margin,
  perRequest,
}: NonNullable<GatePolicy['saturation']>[number]): GateNumbers['saturation'][number] => ({
  name,
  margin,
  ...(max === undefined ? {} : { max }),
  ...(perRequest === undefined ? {} : { perRequest }),
});

/**
 * The numbers of a gates block. A limit above 95 % is none: nothing can surely exceed it in time. Without `extend`
 * nothing is extended.
 */
export const gateOptionsOf = (gates: GatePolicy): GateNumbers => {
  const { errors, latency, saturation = [], warmUp, history, onInconclusive } = gates;
  return {
    everySeconds: gates.every / 1000,
    budget: gates.budget,
    errors: { max: errors.max > 0.95 ? null : errors.max, margin: errors.margin, harm: errors.harm },
    latency: latency === undefined ? null : latencyNumbers(latency),
    saturation: saturation.map(gaugeNumbers),
    warmUpSeconds: warmUp / 1000,
    historySeconds: history / 1000,
    holdBack: gates.holdBack,
    onInconclusive: {
      extendSeconds: onInconclusive.extend === undefined ? null : onInconclusive.extend / 1000,
      then: onInconclusive.then,
    },
  };
};
