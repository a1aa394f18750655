import { App } from '@slack/bolt';
import type { Receiver, ViewSubmitAction } from '@slack/bolt';
import type { Logger as SlackLogger } from '@slack/web-api';
import { LogLevel } from '@slack/web-api';
import type { Logger } from 'pino';
import type { SlashCommand } from '../grammar/usage.ts';
import type { Channel } from './answering.ts';
import { answer } from './answering.ts';
import type { SlackDeps } from './deps.ts';
import { formAnswer } from './form.ts';
import { hear } from './hear.ts';
import type { Heard, ReplyTo } from './owed.ts';
import { heardClick, heardCommand, heardForm, heardReason } from './owed.ts';
import { clickSchema, commandSchema, readPayload, submissionSchema } from './payloads.ts';
import { formId } from './render/form.ts';
import { reasonFormId } from './render/reason-form.ts';
import type { Reply } from './replies.ts';
import { ephemeral, tellAuthor } from './tell.ts';

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

/** Bolt on the receiver: verify → one call of the façade → answer. */
export const makeApp = (deps: SlackDeps, receiver: Receiver): App => {
  const app = new App({
    receiver,
    // Calls to Slack are made by `openSlack`, with the token as it is at that moment.
    authorize: async () => ({}),
    convoStore: false,
    ignoreSelf: false,
    logger: boltLog(deps.log),
  });
  for (const command of slashCommands) {
    app.command(command, ({ command: payload, ack }) => {
      const acked = (reply: Reply | null) => (reply === null ? ack() : ack(ephemeral(reply)));
      return heard(deps, acked, () => heardCommand(readPayload(commandSchema, payload)));
    });
  }
  // What is acked to a click is shown to nobody: the answer follows it.
  app.action(/^sluice-/, ({ body, ack }) =>
    heard(
      deps,
      (reply, later) => ack().then(() => (reply === null ? undefined : later(reply))),
      () => heardClick(readPayload(clickSchema, body)),
    ),
  );
  app.view<ViewSubmitAction>(formId, ({ body, ack }) =>
    heard(
      deps,
      (reply) => ack(formAnswer(reply)),
      () => heardForm(readPayload(submissionSchema, body)),
    ),
  );
  app.view<ViewSubmitAction>(reasonFormId, ({ body, ack }) =>
    heard(
      deps,
      (reply) => ack(formAnswer(reply)),
      () => heardReason(readPayload(submissionSchema, body)),
    ),
  );
  app.error(async (error) => {
    deps.log.error({ code: error.code }, 'a request of Slack could not be answered');
  });
  return app;
};

type Acked = (reply: Reply | null, later: Channel['later']) => Promise<void>;

/** A payload that can't be read is refused like anything else: to the person, in words. */
const heard = async (deps: SlackDeps, acked: Acked, read: () => Heard): Promise<void> => {
  const at = deps.clock();
  let replyTo: ReplyTo | null = null;
  const later = async (reply: Reply): Promise<void> => {
    if (replyTo !== null) await tellAuthor(deps, replyTo, at, reply);
  };
  await answer(deps, { ack: (reply) => acked(reply, later), later }, async () => {
    const given = read();
    ({ replyTo } = given);
    return hear(deps, given);
  });
};
