import type { RolloutState } from '../../../runbooks/state.ts';
import { commands, states } from '../../../runbooks/state.ts';
import type { Command } from '../../../runbooks/state.ts';
import type { StepState } from '../../store/views.ts';

/**
 * What a button belongs to: a rollout, and the state, step and plan that the message showed. A click on a message that
 * was overtaken is known by it, whoever edits the message how often.
 */
export type Mark = {
  readonly rolloutId: string;
  readonly state: RolloutState;
  readonly step: number | null;
  /** Beginning of the plan's hash; `null`: there was none yet. */
  readonly plan: string | null;
};

type Marked = {
  readonly id: string;
  readonly state: RolloutState;
  readonly hash: string | null;
  readonly steps: readonly { readonly state: StepState }[];
};

/** Enough of a hash that no other plan of a rollout begins so. */
const planLength = 16;

export const markOf = ({ id, state, steps, hash }: Marked): Mark => {
  const running = steps.findIndex((step) => step.state === 'running');
  const step = running === -1 ? null : running;
  return { rolloutId: id, state, step, plan: hash?.slice(0, planLength) ?? null };
};

export const writeMark = ({ rolloutId, state, step, plan }: Mark): string =>
  `${rolloutId}/${state}/${step === null ? '-' : String(step)}/${plan ?? '-'}`;

/** `null`: it is none of ours. */
export const readMark = (value: string): Mark | null => {
  const [, rolloutId, state, step, plan] =
    /^([0-9A-Za-z-]{1,64})\/([a-z-]{1,30})\/(-|\d{1,4})\/(-|[0-9a-z]{1,16})$/.exec(value) ?? [];
  const known = states.find((each) => each === state);
  if (rolloutId === undefined || known === undefined || step === undefined || plan === undefined) return null;
  return {
    rolloutId,
    state: known,
    step: step === '-' ? null : Number(step),
    plan: plan === '-' ? null : plan,
  };
};

/** Of the button that takes the page on; it is no command to the rollout. */
export const acknowledgeAction = 'sluice-acknowledge';

/** Of the button that lets a version out of quarantine; it is no command to the rollout either. */
export const liftAction = 'sluice-lift';

/** Of the button that lets the database lose what the old version needed; to the rollout, which has ended, it is none. */
export const contractAction = 'sluice-contract';

export const actionId = (command: Command): string => `sluice-${command}`;
export const commandOf = (action: string): Command | null =>
  commands.find((command) => actionId(command) === action) ?? null;
