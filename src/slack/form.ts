import type { ModalView } from '@slack/types';
import type { Actor } from '../../runbooks/access.ts';
import type { Override } from '../../runbooks/checks/check.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import { isCheck, unknownCheck } from '../grammar/checks.ts';
import type { DeployRequest } from '../rollouts/requests.ts';
import { calling, openSlack } from './api.ts';
import type { SlackDeps } from './deps.ts';
import type { Field } from './render/form.ts';
import { answerView, deployForm } from './render/form.ts';
import type { Outcome, Reply } from './replies.ts';
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

type FormAnswer =
  | { readonly response_action: 'update'; readonly view: ModalView }
  | { readonly response_action: 'errors'; readonly errors: Record<string, string> };

/** What a form turns into when it was sent. */
export const formAnswer = (reply: Reply | null): FormAnswer => {
  const { text, field } = reply ?? { text: '' };
  return field === undefined
    ? { response_action: 'update', view: answerView({ text }) }
    : { response_action: 'errors', errors: { [field]: text } };
};

/** What was typed or chosen, by field. */
export type FormValues = Readonly<Partial<Record<string, readonly string[]>>>;

type Wanted = Omit<DeployRequest, 'actor' | 'key'>;

/** What the form asks for, or what has to be filled in first. @throws SluiceError USAGE for what it never offered */
export const wantedOf = (values: FormValues): Wanted | Outcome => {
  const all = (field: Field): readonly string[] => values[field] ?? [];
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

export const besideField = (error: unknown): Outcome | null => {
  if (!(error instanceof SluiceError)) return null;
  const field = fieldOf[error.code];
  if (field === undefined) return null;
  return beside(field, `${error.message} ${error.hint ?? ''}`.trim());
};

const beside = (field: Field, text: string): Outcome => ({ is: 'told', reply: { text, field } });
