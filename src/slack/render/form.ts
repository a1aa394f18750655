import type { InputBlock, ModalView, PlainTextElement } from '@slack/types';
import { plainLine } from './escape.ts';
import type { Message } from './message.ts';

/** `callback_id` of the form that a bare `/deploy` opens. */
export const formId = 'sluice-deploy-form';
export const fields = ['service', 'version', 'environment', 'reason'] as const;
export type Field = (typeof fields)[number];
/** Each block has one element. */
export const fieldAction = 'value';

type Places = readonly { readonly service: string; readonly environments: readonly string[] }[];

const plain = (text: string, most = 75): PlainTextElement => ({
  type: 'plain_text',
  text: plainLine(text, most),
  emoji: false,
});
const most = 100;

/** Choices where Slack can show them all; else it is typed. */
const choice = (field: Field, label: string, names: readonly string[], optional: boolean): InputBlock => ({
  type: 'input',
  block_id: field,
  label: plain(label),
  optional,
  element:
    names.length === 0 || names.length > most
      ? { type: 'plain_text_input', action_id: fieldAction, max_length: 63 }
      : {
          type: 'static_select',
          action_id: fieldAction,
          options: names.map((name) => ({ text: plain(name), value: name })),
        },
});

/** Asks for what `/deploy` was not told. The environment is never filled in: production is not guessed. Pure. */
export const deployForm = (places: Places): ModalView => {
  const environments = [...new Set(places.flatMap((place) => place.environments))].sort();
  return {
    type: 'modal',
    callback_id: formId,
    title: plain('Deploy', 24),
    submit: plain('Deploy', 24),
    close: plain('Cancel', 24),
    blocks: [
      choice(
        'service',
        'Service',
        places.map(({ service }) => service),
        false,
      ),
      {
        type: 'input',
        block_id: 'version',
        label: plain('Version'),
        element: {
          type: 'plain_text_input',
          action_id: fieldAction,
          max_length: 128,
          placeholder: plain('2.1.0'),
        },
      },
      {
        ...choice('environment', 'Environment', environments, true),
        hint: plain('Left out, the service’s only one.'),
      },
      {
        type: 'input',
        block_id: 'reason',
        label: plain('Reason'),
        optional: true,
        element: { type: 'plain_text_input', action_id: fieldAction, multiline: true, max_length: 2000 },
      },
    ],
  };
};

/** What came of it, in the place of the form. */
export const answerView = ({ text }: Pick<Message, 'text'>): ModalView => ({
  type: 'modal',
  title: plain('Deploy', 24),
  close: plain('Close', 24),
  blocks: [{ type: 'section', text: { type: 'mrkdwn', text, verbatim: true } }],
});
