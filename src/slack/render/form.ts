import type { InputBlock, ModalView, PlainTextElement, SectionBlock } from '@slack/types';
import { checkNames } from '../../../runbooks/checks/check.ts';
import { plainLine } from './escape.ts';
import type { Message } from './message.ts';

/** `callback_id` of the form that a bare `/deploy` opens. */
export const formId = 'sluice-deploy-form';
export const fields = ['service', 'version', 'environment', 'reason', 'checks', 'why'] as const;
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

/** Checks that are passed over, and why: the names are those of every face. */
const overrides: readonly InputBlock[] = [
  {
    type: 'input',
    block_id: 'checks',
    label: plain('Override checks'),
    optional: true,
    element: {
      type: 'multi_static_select',
      action_id: fieldAction,
      options: checkNames.map((check) => ({ text: plain(check), value: check })),
    },
    hint: plain('Of a deploy that a check refuses. Left out: none.'),
  },
  {
    type: 'input',
    block_id: 'why',
    label: plain('Why they may be overridden'),
    optional: true,
    element: { type: 'plain_text_input', action_id: fieldAction, multiline: true, max_length: 2000 },
    hint: plain('Recorded with each of the checks.'),
  },
];

/**
 * Asks for what `/deploy` was not told. The environment is never filled in: production is not guessed. `overrides`:
 * whether it asks for checks to pass over. Pure.
 */
export const deployForm = (places: Places, asks: { readonly overrides: boolean }): ModalView => {
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
      ...(asks.overrides ? overrides : []),
    ],
  };
};

/** What came of it, in the place of the form. */
export const answerView = ({ text }: Pick<Message, 'text'>): ModalView => ({
  type: 'modal',
  title: plain('Sluice', 24),
  close: plain('Close', 24),
  blocks: sectionsOf(text),
});

/** Slack takes 3,000 characters in one section. */
const mostOfSection = 3000;

/** Whole lines, as many to a section as it takes. */
const sectionsOf = (text: string): SectionBlock[] => {
  const sections: string[] = [];
  for (const line of text.split('\n')) {
    const last = sections.at(-1);
    const both = `${last ?? ''}\n${line}`;
    if (last === undefined || both.length > mostOfSection) sections.push(line);
    else sections[sections.length - 1] = both;
  }
  return sections.map((each) => ({ type: 'section', text: { type: 'mrkdwn', text: each, verbatim: true } }));
};
