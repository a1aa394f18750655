import type { Action, Runbook } from '../runbooks/runbook.ts';
import { targetOf, writeMsOf } from '../runbooks/targets/write-time.ts';
import type { RolloutInput } from './contract.ts';
import { write } from './profiles.ts';

/** Carries one action out on the target, under its own activity so that Temporal's history reads like the runbook. */
export const applyAction = async (
  { rolloutId, service: file, settings }: Pick<RolloutInput, 'rolloutId' | 'service' | 'settings'>,
  { service, environment }: Pick<Runbook, 'service' | 'environment'>,
  action: Action,
  mark: { readonly key: string; readonly fence: number; readonly summary: string },
): Promise<void> => {
  const usual = settings.writeMs;
  const writeMs = writeMsOf(targetOf(file, { environment }), action, usual);
  const writeForMs = Math.max(settings.writeForMs, 2 * writeMs);
  const activity = write({ ...settings, writeMs, writeForMs }, mark.summary);
  const { key, fence } = mark;
  await activity[action.do]({ rolloutId, place: { service, environment }, file, action, key, fence });
};
