import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SluiceError } from '../../runbooks/errors.ts';
import type { Sender } from './people.ts';

// What is read of Slack's requests; everything else in them is passed over.

const id = (letters: string) => z.string().regex(new RegExp(`^[${letters}][A-Z0-9]{2,30}$`));
const userId = id('UW');
const teamId = id('TE');
/** Slack's own for one command or click: the same when it is sent again. */
const triggerId = z.string().regex(/^[\w.-]{1,300}$/);

/** Slack's own address for answers to one command or click; the request is signed. */
const responseUrl = z.url({ protocol: /^https?$/ }).max(500);

export const commandSchema = z.object({
  command: z.enum(['/deploy', '/rollback']),
  text: z.string().max(4000).default(''),
  user_id: userId,
  team_id: teamId,
  trigger_id: triggerId,
  channel_id: z.string().max(40).optional(),
  response_url: responseUrl,
});

const person = { user: z.object({ id: userId, team_id: teamId.optional() }), team: z.object({ id: teamId }) };

export const clickSchema = z.object({
  ...person,
  trigger_id: triggerId,
  channel: z.object({ id: z.string().max(40) }).optional(),
  response_url: responseUrl,
  actions: z
    .array(z.object({ action_id: z.string().max(255), value: z.string().max(2000).optional() }))
    .length(1),
});

const option = z.object({ value: z.string().max(150) });
const field = z
  .object({
    value: z.string().max(3000).nullish(),
    selected_option: option.nullish(),
    selected_options: z.array(option).max(100).nullish(),
  })
  // What was typed, or chosen: one, or several.
  .transform(({ value, selected_option, selected_options }) =>
    [value, selected_option?.value, ...(selected_options ?? []).map((each) => each.value)].flatMap((said) =>
      said === undefined || said === null || said.trim() === '' ? [] : [said.trim()],
    ),
  );

export const submissionSchema = z.object({
  ...person,
  trigger_id: triggerId,
  view: z.object({
    id: z.string().regex(/^V[A-Z0-9]{2,30}$/),
    private_metadata: z.string().max(3000).default(''),
    state: z.object({ values: z.record(z.string(), z.record(z.string(), field)) }),
  }),
});

/** What a form that asks why carries with it. */
export const clickedSchema = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: 'no JSON' });
      return z.NEVER;
    }
  })
  .pipe(z.object({ action: z.string().max(255), value: z.string().max(2000) }));

/** @throws SluiceError USAGE */
export const readPayload = <T>(schema: z.ZodType<T>, payload: unknown): T => {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.slice(0, 5).map(({ path }) => path.join('.'));
  throw new SluiceError({ code: 'USAGE', message: `This is no request of Slack: ${where.join(', ')}.` });
};

/** The idempotency key of what was asked for: Slack's own id, not to be read out of it. */
export const keyOf = (trigger: string): string =>
  `slack-${createHash('sha256').update(trigger).digest('hex').slice(0, 40)}`;

export const senderOf = ({ user, team }: Pick<z.output<typeof clickSchema>, 'user' | 'team'>): Sender => ({
  userId: user.id,
  teamId: team.id,
  userTeamId: user.team_id ?? null,
});

const interaction = z.object({ type: z.enum(['block_actions', 'view_submission']) });

/** Whether somebody here answers it: Bolt lets the sender of anything else wait until it gives up. */
export const isHeard = (body: Uint8Array): boolean => {
  const form = new URLSearchParams(new TextDecoder().decode(body));
  if (form.has('command') || form.get('ssl_check') === '1') return true;
  const payload = form.get('payload');
  if (payload === null) return false;
  try {
    return interaction.safeParse(JSON.parse(payload)).success;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
};
