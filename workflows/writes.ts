import type { Action, Runbook } from '../runbooks/runbook.ts';
import type { RolloutInput } from './contract.ts';
import { write } from './profiles.ts';

/** Carries one action out on the target, under its own activity so that Temporal's history reads like the runbook. */
export const applyAction = async (
  { rolloutId, service: file, settings }: Pick<RolloutInput, 'rolloutId' | 'service' | 'settings'>,
  { service, environment }: Pick<Runbook, 'service' | 'environment'>,
  action: Action,
  mark: { readonly key: string; readonly fence: number; readonly summary: string },
): Promise<void> => {
  const activity = write(settings, mark.summary);
  const { key, fence } = mark;
  await activity[action.do]({ rolloutId, place: { service, environment }, file, action, key, fence });
};
