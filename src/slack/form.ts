import type { ModalView } from '@slack/types';
import type { z } from 'zod';
import { SluiceError } from '../../runbooks/errors.ts';
import type { DeployRequest } from '../rollouts/requests.ts';
import { answer } from './answering.ts';
import { calling, openSlack } from './api.ts';
import type { SlackDeps } from './deps.ts';
import type { submissionSchema } from './payloads.ts';
import { keyOf, readPayload, senderOf } from './payloads.ts';
import { once } from './once.ts';
import { identify } from './people.ts';
import type { Field } from './render/form.ts';
import { answerView, deployForm, fieldAction } from './render/form.ts';
import type { Outcome } from './replies.ts';
import { startReply } from './replies.ts';

/** Slack takes the trigger for three seconds. */
export const openForm = async (deps: SlackDeps, triggerId: string): Promise<Outcome> => {
  const services = await deps.services();
  const places = services.map(({ service, environments }) => ({
    service,
    environments: Object.keys(environments),
  }));
  const slack = await openSlack(deps.settings);
  await calling('the form', () => slack.views.open({ trigger_id: triggerId, view: deployForm(places) }));
  return { is: 'told', reply: null };
};

type Submission = z.output<typeof submissionSchema>;

type Ack = (
  answer:
    | { readonly response_action: 'update'; readonly view: ModalView }
    | { readonly response_action: 'errors'; readonly errors: Record<string, string> },
) => Promise<void>;

/** The form is sent: the same call as the command. What is wrong with a field is said beside it. */
export const submitForm = async (
  deps: SlackDeps,
  body: unknown,
  ack: Ack,
  ended: AbortSignal,
  schema: z.ZodType<Submission>,
): Promise<void> => {
  let viewId: string | null = null;
  const channel = {
    ack: async (reply: Outcome['reply']) => {
      const { text, field } = reply ?? { text: '' };
      if (field === undefined) await ack({ response_action: 'update', view: answerView({ text }) });
      else await ack({ response_action: 'errors', errors: { [field]: text } });
    },
    later: async ({ text }: NonNullable<Outcome['reply']>) => {
      if (viewId === null) return;
      const view_id = viewId;
      const slack = await openSlack(deps.settings);
      await calling('the answer', () => slack.views.update({ view_id, view: answerView({ text }) }));
    },
  };
  await answer(deps, channel, ended, async () => {
    const given = readPayload(schema, body);
    viewId = given.view.id;
    const actor = await identify(deps, senderOf(given), 'closed');
    const wanted = wantedOf(given);
    const key = keyOf(given.trigger_id);
    return once(deps, key, async () => {
      try {
        return startReply(wanted, await deps.rollouts.deploy({ ...wanted, actor, key }));
      } catch (error) {
        const beside = besideField(error);
        if (beside === null) throw error;
        return beside;
      }
    });
  });
};

const wantedOf = ({ view }: Submission): Omit<DeployRequest, 'actor' | 'key'> => {
  const read = (field: Field): string => view.state.values[field]?.[fieldAction] ?? '';
  const orNothing = (field: Field): string | null => (read(field) === '' ? null : read(field));
  return {
    ...{ service: read('service'), version: read('version') },
    ...{ environment: orNothing('environment'), reason: orNothing('reason') },
  };
};

const fieldOf: Readonly<Partial<Record<string, Field>>> = {
  SERVICE_UNKNOWN: 'service',
  ENVIRONMENT_UNKNOWN: 'environment',
  VERSION_INVALID: 'version',
  VERSION_MUTABLE: 'version',
  VERSION_UNKNOWN: 'version',
};

const besideField = (error: unknown): Outcome | null => {
  if (!(error instanceof SluiceError)) return null;
  const field = fieldOf[error.code];
  if (field === undefined) return null;
  return { is: 'told', reply: { text: `${error.message} ${error.hint ?? ''}`.trim(), field } };
};
