import type { ModalView } from '@slack/types';
import type { z } from 'zod';
import type { Actor } from '../../runbooks/access.ts';
import type { Override } from '../../runbooks/checks/check.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import { isCheck, unknownCheck } from '../grammar/checks.ts';
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
import { knownPlaces } from './services.ts';

/** Slack takes the trigger for three seconds. Overrides are asked for only where somebody may use them somewhere. */
export const openForm = async (deps: SlackDeps, triggerId: string, actor: Actor): Promise<Outcome> => {
  const places = await knownPlaces(deps);
  const rights = await deps.rollouts.rights(actor);
  const view = deployForm(places, { overrides: rights.some(({ may }) => may.includes('override')) });
  const slack = await openSlack(deps.settings);
  await calling('the form', () => slack.views.open({ trigger_id: triggerId, view }));
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
    if ('reply' in wanted) return wanted;
    const key = keyOf(given.trigger_id);
    return once(deps, { actor, key }, async () => {
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

type Wanted = Omit<DeployRequest, 'actor' | 'key'>;

/** What the form asks for, or what has to be filled in first. @throws SluiceError USAGE for what it never offered */
const wantedOf = ({ view }: Submission): Wanted | Outcome => {
  const all = (field: Field): readonly string[] => view.state.values[field]?.[fieldAction] ?? [];
  const one = (field: Field): string | null => all(field)[0] ?? null;
  const checks = all('checks');
  const why = one('why');
  if (checks.length > 0 && why === null) return beside('why', 'Say why: it is recorded.');
  if (checks.length === 0 && why !== null) return beside('checks', 'Choose the check that it is about.');
  const overrides = checks.map((check): Override => ({ check: known(check), reason: why ?? '' }));
  return {
    ...{ service: one('service') ?? '', version: one('version') ?? '' },
    ...{ environment: one('environment'), reason: one('reason') },
    ...(overrides.length === 0 ? {} : { overrides }),
  };
};

const known = (check: string): Override['check'] => {
  if (isCheck(check)) return check;
  const { message, hint } = unknownCheck(check);
  throw new SluiceError({ code: 'USAGE', message, hint });
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
  return beside(field, `${error.message} ${error.hint ?? ''}`.trim());
};

const beside = (field: Field, text: string): Outcome => ({ is: 'told', reply: { text, field } });
