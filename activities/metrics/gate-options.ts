import type { GateSettings } from '../../src/gates/settings.ts';
import { gateSettings } from '../../src/gates/settings.ts';
import type { WatchInput } from '../../workflows/contract.ts';

/** The gate's settings of one rollout, in seconds and shares: from the frozen runbook, the same for all its watches. */
export const settingsOfWatch = (input: WatchInput): GateSettings => {
  const { gates, plan, place, canary, stable, zeroAt } = input;
  return gateSettings({
    release: {
      service: place.service,
      version: canary,
      stable: stable ?? 'the old version',
      zeroMs: Date.parse(zeroAt),
    },
    everySeconds: gates.every / 1000,
    watchSeconds: plan.windowMs / 1000,
    steps: plan.percents.map((percent) => percent / 100),
    budget: gates.budget,
    errors: { max: gates.errors.max, margin: gates.errors.margin, harm: gates.errors.harm },
    latency: null,
    holdBack: gates.holdBack,
  });
};
