import { gatesBlockSchema, settingsOfBlock } from '../../src/gates/gates-block.ts';
import type { GateSettings } from '../../src/gates/settings.ts';
import type { WatchInput } from '../../workflows/contract.ts';
import { headerOf } from './make-recording.ts';

/**
 * The gate's settings of one rollout, in seconds and shares: from the frozen runbook, the same for all its watches, and
 * by the way that a replay takes.
 */
export const settingsOfWatch = (input: WatchInput): GateSettings => {
  const { gates, steps, service, version, stable, zeroMs = null } = headerOf(input);
  return settingsOfBlock(gatesBlockSchema.parse(gates), {
    release: { service, version, stable, zeroMs },
    watchSeconds: input.plan.windowMs / 1000,
    steps: steps.map(({ share }) => share),
  });
};
