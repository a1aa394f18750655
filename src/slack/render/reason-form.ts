import type { ModalView } from '@slack/types';
import { plainLine } from './escape.ts';
import { fieldAction } from './form.ts';

/** `callback_id` of the form that asks why. */
export const reasonFormId = 'sluice-reason-form';

/** What the reason belongs to: the button that was clicked, and what its message showed. */
export type Clicked = { readonly action: string; readonly value: string };

const plain = (text: string, most: number) =>
  ({ type: 'plain_text', text: plainLine(text, most), emoji: false }) as const;

/**
 * Asks why, before something is done that others will ask about. `label`: the button's. `says`: what will happen. What
 * was clicked travels with it: whoever hears the answer needs to know nothing else. Pure.
 */
export const reasonForm = (clicked: Clicked, label: string, says: string): ModalView => ({
  type: 'modal',
  callback_id: reasonFormId,
  private_metadata: JSON.stringify(clicked),
  title: plain(label, 24),
  submit: plain(label, 24),
  close: plain('Cancel', 24),
  blocks: [
    {
      type: 'input',
      block_id: 'reason',
      label: plain('Why', 75),
      hint: plain(`${says} The reason is recorded and shown in the thread.`, 300),
      element: { type: 'plain_text_input', action_id: fieldAction, multiline: true, max_length: 2000 },
    },
  ],
});
