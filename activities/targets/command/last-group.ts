import { SluiceError } from '../../../runbooks/errors.ts';
import type { TargetAction, TargetState } from '../../../runbooks/runbook.ts';
import { groupOf, weightOf } from '../../../runbooks/traffic.ts';

const keep = (message: string, hint: string): SluiceError =>
  new SluiceError({ code: 'TARGET_REFUSED', message, hint, details: { target: 'command' } });

/** Whether the action takes every instance of a version away, without saying that this is meant to be an outage. */
export const takesAway = (
  action: TargetAction,
): action is Extract<TargetAction, { do: 'retire' | 'scale' }> =>
  action.do === 'retire' || (action.do === 'scale' && action.instances === 0 && action.downtime !== true);

/**
 * A tool may do whatever it is told, so what it says of the world is looked at before it is told to take a version away.
 * Where it has no `shift`, its traffic follows its instances, and a share of it is no reason to keep them.
 * @throws SluiceError TARGET_REFUSED where the version has traffic, is promoted or is the last healthy group
 */
export const refuseLastGroup = (
  state: TargetState,
  action: Extract<TargetAction, { do: 'retire' | 'scale' }>,
  shifts: boolean,
): void => {
  const { version } = action;
  const group = groupOf(state, version);
  if (group === undefined) return;
  const weight = weightOf(state.weights, version);
  if (shifts && weight > 0)
    throw keep(`${version} has ${String(weight)} % of the traffic.`, 'Move its traffic away first.');
  if (action.do === 'retire' && state.stable === version)
    throw keep(`${version} is the promoted version.`, 'Promote another version first.');
  if (group.ready > 0 && !state.groups.some((other) => other.version !== version && other.ready > 0))
    throw keep(`${version} is the last healthy group.`, 'Deploy another, and wait until it is ready.');
};
