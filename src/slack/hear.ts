import type { Owed } from '../store/slack-requests.ts';
import { acknowledge } from './acknowledge.ts';
import { carryOut, readTyped } from './carry-out.ts';
import { click } from './click.ts';
import { approveContract } from './contract.ts';
import type { SlackDeps } from './deps.ts';
import type { FormValues } from './form.ts';
import { besideField, openForm, wantedOf } from './form.ts';
import { once } from './once.ts';
import type { Heard } from './owed.ts';
import { inDoubt, owedTo } from './owed.ts';
import { keyOf } from './payloads.ts';
import { identify } from './people.ts';
import { acknowledgeAction, commandOf, contractAction, readMark } from './render/mark.ts';
import { askWhy, asksWhy, clickedWhy } from './reasons.ts';
import type { Outcome, Who } from './replies.ts';
import { startReply, told } from './replies.ts';

/** What was asked for in Slack, done: who is it, and one call of the façade. The same again does nothing twice. */
export const hear = async (deps: SlackDeps, heard: Heard): Promise<Outcome> => {
  const { asked } = heard;
  const actor = await identify(deps, asked.sender, inDoubt(asked));
  const who = { actor, key: keyOf(asked.trigger) };
  switch (asked.is) {
    case 'command': {
      const typed = readTyped(asked.command, asked.text);
      if ('request' in typed && typed.request.ask === 'form') return openForm(deps, asked.trigger, actor);
      return carryOut(deps, asked.command, typed, who, owedTo(heard));
    }
    case 'click': {
      const said = commandOf(asked.action);
      const mark = readMark(asked.value);
      if (mark !== null && asksWhy(asked.action)) {
        const { action, value } = asked;
        return askWhy(deps, asked.trigger, { action, value }, mark);
      }
      if (asked.action === acknowledgeAction && mark !== null)
        return acknowledge(deps, mark, who, owedTo(heard));
      if (asked.action === contractAction && mark !== null)
        return approveContract(deps, mark, who, owedTo(heard));
      if (said === null || mark === null)
        return told('*Not done.* This button is none of Sluice’s any more.');
      return click(deps, said, mark, who, owedTo(heard));
    }
    case 'reason': {
      const { action, reason } = asked;
      const mark = readMark(asked.value);
      if (mark === null) return told('*Not done.* This form is none of Sluice’s any more.');
      return clickedWhy(deps, action, mark, who, owedTo(heard), reason);
    }
    case 'form':
      return deploy(deps, asked.values, who, owedTo(heard));
  }
};

/** The form is sent: the same call as the command. What is wrong with a field is said beside it. */
const deploy = async (deps: SlackDeps, values: FormValues, who: Who, owed: Owed): Promise<Outcome> => {
  const wanted = wantedOf(values);
  if ('reply' in wanted) return wanted;
  return once(deps, who, owed, async () => {
    try {
      return startReply(wanted, await deps.rollouts.deploy({ ...wanted, ...who }));
    } catch (error) {
      const beside = besideField(error);
      if (beside === null) throw error;
      return beside;
    }
  });
};
