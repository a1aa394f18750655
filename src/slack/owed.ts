import { z } from 'zod';
import type { Owed } from '../store/slack-requests.ts';
import { doubtOf, readTyped } from './carry-out.ts';
import { takesBack } from './click.ts';
import type { clickSchema, commandSchema, submissionSchema } from './payloads.ts';
import { clickedSchema, readPayload, senderOf } from './payloads.ts';
import type { InDoubt } from './people.ts';
import { fieldAction } from './render/form.ts';
import { commandOf } from './render/mark.ts';
import { typedPrefix } from './replies.ts';

const common = {
  sender: z.object({ userId: z.string(), teamId: z.string(), userTeamId: z.string().nullable() }),
  trigger: z.string(),
};
const slash = z.enum(['/deploy', '/rollback']);

/** What somebody asked for, as any process reads it that does it again. */
export const askedSchema = z.discriminatedUnion('is', [
  z.object({ is: z.literal('command'), command: slash, text: z.string(), ...common }),
  z.object({ is: z.literal('click'), action: z.string(), value: z.string(), ...common }),
  z.object({
    is: z.literal('form'),
    values: z.record(z.string(), z.array(z.string())),
    ...common,
  }),
  z.object({ is: z.literal('reason'), action: z.string(), value: z.string(), reason: z.string(), ...common }),
]);
export type Asked = z.output<typeof askedSchema>;

/** Where its author hears of it. `channelId` `null`: none is known. */
export const replyToSchema = z.discriminatedUnion('by', [
  z.object({
    by: z.literal('url'),
    ...{ url: z.string(), userId: z.string(), channelId: z.string().nullable() },
  }),
  z.object({ by: z.literal('view'), viewId: z.string(), userId: z.string() }),
]);
export type ReplyTo = z.output<typeof replyToSchema>;

export type Heard = { readonly asked: Asked; readonly replyTo: ReplyTo };

export const heardCommand = (given: z.output<typeof commandSchema>): Heard => {
  const { command, text, user_id: userId, team_id: teamId, trigger_id: trigger } = given;
  const sender = { userId, teamId, userTeamId: null };
  return {
    asked: { is: 'command', command, text, sender, trigger },
    replyTo: { by: 'url', url: given.response_url, userId, channelId: given.channel_id ?? null },
  };
};

/** A button of a reply says a command again; every other one is of a message. */
export const heardClick = (given: z.output<typeof clickSchema>): Heard => {
  const [{ action_id: action, value = '' } = { action_id: '' }] = given.actions;
  const said = { sender: senderOf(given), trigger: given.trigger_id };
  const [, typed, text] = /^(\S+) (.*)$/.exec(value) ?? [];
  const command = slash.safeParse(typed);
  return {
    asked:
      action.startsWith(typedPrefix) && command.success && text !== undefined
        ? { is: 'command', command: command.data, text, ...said }
        : { is: 'click', action, value, ...said },
    replyTo: {
      by: 'url',
      ...{ url: given.response_url, userId: given.user.id, channelId: given.channel?.id ?? null },
    },
  };
};

export const heardForm = (given: z.output<typeof submissionSchema>): Heard => {
  const { view } = given;
  const values = Object.fromEntries(
    Object.entries(view.state.values).map(([field, said]) => [field, [...(said[fieldAction] ?? [])]]),
  );
  return {
    asked: { is: 'form', values, sender: senderOf(given), trigger: given.trigger_id },
    replyTo: { by: 'view', viewId: view.id, userId: given.user.id },
  };
};

/** Why somebody clicked, with what they clicked. @throws SluiceError USAGE where the form is none of ours */
export const heardReason = (given: z.output<typeof submissionSchema>): Heard => {
  const { view } = given;
  const { action, value } = readPayload(clickedSchema, view.private_metadata);
  const [reason = ''] = Object.values(view.state.values['reason'] ?? {}).flat();
  const said = { sender: senderOf(given), trigger: given.trigger_id };
  return {
    asked: { is: 'reason', action, value, reason, ...said },
    replyTo: { by: 'view', viewId: view.id, userId: given.user.id },
  };
};

/** What takes back is taken in doubt, and done however late. */
export const inDoubt = (asked: Asked): InDoubt => {
  switch (asked.is) {
    case 'command':
      return doubtOf(readTyped(asked.command, asked.text));
    case 'click': {
      const said = commandOf(asked.action);
      return said !== null && takesBack(said) ? 'open' : 'closed';
    }
    case 'form':
    case 'reason':
      return 'closed';
  }
};

/** Longer than one try takes: Temporal is waited for 2 s for a command, twice 10 s for a plan. */
const leaseMs = { open: 8_000, closed: 30_000 } as const;

/** The answer, as the ledger keeps it until it has been told. */
export const owedTo = ({ asked, replyTo }: Heard): Owed => ({
  ...{ asked, replyTo },
  leaseMs: leaseMs[inDoubt(asked)],
});
