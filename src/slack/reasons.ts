import type { Command } from '../../runbooks/state.ts';
import type { Owed } from '../store/slack-requests.ts';
import { calling, openSlack, wordOf } from './api.ts';
import { click, overtakenBy } from './click.ts';
import type { SlackDeps } from './deps.ts';
import { once } from './once.ts';
import { reasonFaceOf } from './render/buttons.ts';
import { literal } from './render/escape.ts';
import type { Mark } from './render/mark.ts';
import { commandOf, liftAction } from './render/mark.ts';
import type { Clicked } from './render/reason-form.ts';
import { reasonForm } from './render/reason-form.ts';
import type { Outcome, Who } from './replies.ts';
import { told } from './replies.ts';

/** Whether a click on it is asked why before anything is done. */
export const asksWhy = (action: string): boolean => reasonFaceOf(action) !== null;

/** Opens the form, unless the message is overtaken already. Slack takes the trigger for three seconds. */
export const askWhy = async (
  deps: SlackDeps,
  trigger: string,
  clicked: Clicked,
  mark: Mark,
): Promise<Outcome> => {
  const view = await deps.rollouts.find(mark.rolloutId);
  const command = commandOf(clicked.action);
  const overtaken = command === null ? null : overtakenBy(command, mark, view);
  if (overtaken !== null) return told(overtaken);
  const face = reasonFaceOf(clicked.action);
  if (face === null) throw new Error(`Nobody asks why of ${clicked.action}.`);
  const { service, environment, version } = view;
  const form = reasonForm(
    clicked,
    face.label.replace('…', ''),
    face.asks({ place: `${service} in ${environment}`, from: view.from?.version ?? 'nothing', version }),
  );
  const slack = await openSlack(deps.settings);
  try {
    await calling('the form', () => slack.views.open({ trigger_id: trigger, view: form }));
  } catch (error) {
    // The same click came before, and its form is open.
    if (wordOf(error) !== 'exchanged_trigger_id') throw error;
  }
  return { is: 'told', reply: null };
};

/** The form is sent: the click is judged by what its message showed, as if it were made now. */
export const clickedWhy = (
  deps: SlackDeps,
  action: string,
  mark: Mark,
  who: Who,
  owed: Owed,
  reason: string,
): Promise<Outcome> => {
  // Slack lets blanks through.
  if (reason === '')
    return Promise.resolve({ is: 'told', reply: { text: 'Say why: it is recorded.', field: 'reason' } });
  const command: Command | null = commandOf(action);
  if (command !== null) return click(deps, command, mark, who, owed, reason);
  if (action !== liftAction)
    return Promise.resolve(told('*Not done.* This form is none of Sluice’s any more.'));
  return once(deps, who, owed, () => lift(deps, mark, who, reason));
};

const lift = async (
  { ledger, rollouts }: SlackDeps,
  mark: Mark,
  who: Who,
  reason: string,
): Promise<Outcome> => {
  const held = (await ledger.quarantine()).find(({ rolloutId }) => rolloutId === mark.rolloutId);
  if (held === undefined) return told('*Not done.* Its digest is in quarantine no more.');
  const { service, version } = await rollouts.liftQuarantine({
    ...{ digest: held.digest, reason, actor: who.actor },
  });
  return told(`*Done*: ${literal(service, 64)} ${literal(version, 128)} may be deployed again.`);
};
