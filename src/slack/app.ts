import { App } from '@slack/bolt';
import type { Receiver, ViewSubmitAction } from '@slack/bolt';
import type { Logger as SlackLogger } from '@slack/web-api';
import { LogLevel } from '@slack/web-api';
import type { Logger } from 'pino';
import type { z } from 'zod';
import type { SlashCommand } from '../grammar/usage.ts';
import type { Channel } from './answering.ts';
import { answer } from './answering.ts';
import { carryOut, doubtOf, readTyped } from './carry-out.ts';
import { click, takesBack } from './click.ts';
import type { SlackDeps } from './deps.ts';
import { openForm, submitForm } from './form.ts';
import { formId } from './render/form.ts';
import { clickSchema, commandSchema, keyOf, readPayload, senderOf, submissionSchema } from './payloads.ts';
import { identify } from './people.ts';
import { commandOf, readMark } from './render/mark.ts';
import type { Outcome, Reply } from './replies.ts';
import { typedPrefix } from './replies.ts';

/** The commands that the app's manifest declares. */
export const slashCommands = ['/deploy', '/rollback'] as const satisfies readonly SlashCommand[];

/** Bolt's log tells what came in: only its sentence is kept, up to where it quotes. */
export const boltLog = (log: Logger): SlackLogger => {
  const sentence = (first: unknown): string => String(first).split(':')[0] ?? '';
  return {
    debug: () => undefined,
    info: (first) => log.debug(sentence(first)),
    warn: (first) => log.warn(`Slack: ${sentence(first)}`),
    error: (first) => log.error(`Slack: ${sentence(first)}`),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
};

/** Bolt on the receiver: verify → one call of the façade → answer. `ended`: the process stops, nothing is tried again. */
export const makeApp = (deps: SlackDeps, receiver: Receiver, ended: AbortSignal): App => {
  const app = new App({
    receiver,
    // Calls to Slack are made by `openSlack`, with the token as it is at that moment.
    authorize: async () => ({}),
    convoStore: false,
    ignoreSelf: false,
    logger: boltLog(deps.log),
  });
  for (const command of slashCommands) {
    app.command(command, async ({ command: payload, ack, respond }) => {
      const channel = {
        ack: (reply: Reply | null) => (reply === null ? ack() : ack(ephemeral(reply))),
        later: later(respond),
      };
      await heard(deps, channel, ended, commandSchema, payload, async (given) => {
        const typed = readTyped(command, given.text);
        const sender = { userId: given.user_id, teamId: given.team_id, userTeamId: null };
        const actor = await identify(deps, sender, doubtOf(typed));
        if ('request' in typed && typed.request.ask === 'form')
          return openForm(deps, given.trigger_id, actor);
        return carryOut(deps, command, typed, { actor, key: keyOf(given.trigger_id) });
      });
    });
  }
  app.action(/^sluice-/, async ({ body, ack, respond }) => {
    const told = later(respond);
    // What is acked to a click is shown to nobody: the answer follows it.
    const channel = {
      ack: async (reply: Reply | null) => ack().then(() => (reply === null ? undefined : told(reply))),
      later: told,
    };
    await heard(deps, channel, ended, clickSchema, body, async (given) => {
      const [action] = given.actions;
      return clicked(deps, given, action?.action_id ?? '', action?.value ?? '');
    });
  });
  app.view<ViewSubmitAction>(formId, ({ body, ack }) => submitForm(deps, body, ack, ended, submissionSchema));
  app.error(async (error) => {
    deps.log.error({ code: error.code }, 'a request of Slack could not be answered');
  });
  return app;
};

const clicked = async (
  deps: SlackDeps,
  given: z.output<typeof clickSchema>,
  action: string,
  value: string,
): Promise<Outcome> => {
  const key = keyOf(given.trigger_id);
  const said = commandOf(action);
  const mark = readMark(value);
  if (said !== null && mark !== null) {
    const actor = await identify(deps, senderOf(given), takesBack(said) ? 'open' : 'closed');
    return click(deps, said, mark, { actor, key });
  }
  const [, command, text] = /^(\/deploy|\/rollback) (.*)$/.exec(value) ?? [];
  const slash = slashCommands.find((each) => each === command);
  if (action.startsWith(typedPrefix) && slash !== undefined && text !== undefined) {
    const typed = readTyped(slash, text);
    const actor = await identify(deps, senderOf(given), doubtOf(typed));
    return carryOut(deps, slash, typed, { actor, key });
  }
  return { is: 'told', reply: { text: '*Not done.* This button is none of Sluice’s any more.' } };
};

/** A payload that can't be read is refused like anything else: to the person, in words. */
const heard = async <T>(
  deps: SlackDeps,
  channel: Channel,
  ended: AbortSignal,
  schema: z.ZodType<T>,
  payload: unknown,
  work: (given: T) => Promise<Outcome>,
): Promise<void> => answer(deps, channel, ended, async () => work(readPayload(schema, payload)));

const ephemeral = (reply: Reply) => ({ response_type: 'ephemeral', ...reply }) as const;

const later =
  (respond: (message: ReturnType<typeof ephemeral> & { replace_original: false }) => Promise<unknown>) =>
  async (reply: Reply): Promise<void> => {
    await respond({ ...ephemeral(reply), replace_original: false });
  };
