import type { Actor } from '../../runbooks/access.ts';
import type { ActionsBlock, KnownBlock, SectionBlock } from '@slack/types';
import type { Problem } from '../../runbooks/errors.ts';
import type { Command } from '../../runbooks/state.ts';
import { shortId, sayState } from '../story/words.ts';
import type { SlashCommand } from '../grammar/usage.ts';
import type { Misread } from '../grammar/requests.ts';
import type { SaidAnswer, StartAnswer } from '../rollouts/requests.ts';
import type { RolloutView } from '../store/views.ts';
import type { Field } from './render/form.ts';
import { literal, plainLine } from './render/escape.ts';

/** Who asks, and the key that stands for what they ask. */
export type Who = { readonly actor: Actor; readonly key: string };

/** What one person is told, and nobody else. */
export type Reply = {
  readonly text: string;
  readonly blocks?: KnownBlock[];
  /** The field of the form that it is about. */
  readonly field?: Field;
};

/**
 * `open`: not confirmed yet; the same call with the same key says more later. `null`: there is nothing to tell. `owed`:
 * under which key the answer is owed until it has been told.
 */
export type Outcome = (
  { readonly is: 'told'; readonly reply: Reply | null } | { readonly is: 'open'; readonly reply: Reply }
) & { readonly owed?: string };

export const told = (text: string, blocks?: KnownBlock[]): Outcome => ({
  is: 'told',
  reply: blocks === undefined ? { text } : { text, blocks },
});

type Why = { readonly message: string; readonly hint?: string | undefined };

/** What, why, and what next. */
export const refusal = ({ message, hint }: Why): Reply => ({
  text: `*Not done.* ${literal(message, 1200)}${hint === undefined ? '' : ` ${literal(inSlack(hint), 800)}`}`,
});

/** A hint in the words of a terminal, as it is said here: the grammar is the same. */
const inSlack = (hint: string): string =>
  hint
    .replace(/\bsluice (plan|status|history|why|lock|unlock)\b/g, '/deploy $1')
    .replace(/\bsluice (deploy|rollback)\b(?! \S+ --break-glass)/g, '/$1')
    .replace(/--override ([a-z-]+):"REASON"\.?/g, 'override $1 because …');

/** A reply has room for so many. */
const most = 8;

export const refusals = (problems: readonly Problem[]): Reply => {
  const [only] = problems;
  if (only !== undefined && problems.length === 1) return refusal(only);
  const lines = problems
    .slice(0, most)
    .map(
      ({ message, hint }) =>
        `• ${literal(message, 250)}${hint === undefined ? '' : ` ${literal(inSlack(hint), 150)}`}`,
    );
  const more = problems.length > most ? [`and ${String(problems.length - most)} more`] : [];
  return { text: ['*Not done.* Nothing was written to any target:', ...lines, ...more].join('\n') };
};

export const notYet: Reply = {
  text: '*Not confirmed yet.* It was asked for and may still be carried out; what comes of it is told here.',
};

const look = (rolloutId: string): string => `\`/deploy status ${shortId(rolloutId)}\` shows it.`;

/** Who asked hears no more: where it can be looked at. */
export const neverConfirmed = (rolloutId: string | null): Reply => ({
  text: `*Still not confirmed.* Nobody has answered for a while. ${
    rolloutId === null ? '`/deploy status` shows what is open.' : look(rolloutId)
  } An abort or a rollback is kept and carried out; anything else that is older than a minute is not done any more.`,
});

type Asked = { readonly service: string; readonly version: string | null };

export const startReply = (asked: Asked, answer: StartAnswer): Outcome => {
  const what = `${literal(asked.service, 64)}${asked.version === null ? '' : ` ${literal(asked.version, 128)}`}`;
  switch (answer.outcome) {
    case 'accepted': {
      const { from, to, environment } = answer.prepared.runbook;
      const moves = `${from === null ? '' : `${literal(from.version, 128)} → `}${literal(to.version, 128)}`;
      const begun = answer.repeated ? 'Begun before' : 'Begun';
      return told(
        `*${begun}*: ${literal(asked.service, 64)} ${moves} in ${literal(environment, 64)}. ${look(answer.rolloutId)}`,
      );
    }
    case 'refused':
      return { is: 'told', reply: refusals(answer.problems) };
    case 'queued': {
      const then =
        answer.mode === 'queue'
          ? 'It starts once the rollout before it has succeeded.'
          : 'The rollout before it goes back to give way to it; then it starts.';
      return told(`*It waits*: ${what}. ${then} ${look(answer.rolloutId)}`);
    }
    case 'not-confirmed':
      return { is: 'open', reply: { text: `*Not confirmed yet*: ${what}. ${look(answer.rolloutId)}` } };
  }
};

export const saidReply = (
  command: Command,
  view: Pick<RolloutView, 'service' | 'environment' | 'version'>,
  answer: SaidAnswer,
): Outcome => {
  const where = `${literal(view.service, 64)} ${literal(view.version, 128)} in ${literal(view.environment, 64)}`;
  if (answer.outcome === 'not-confirmed') {
    const lasting = command === 'abort' || command === 'rollback';
    const then = lasting ? 'It is kept and carried out as soon as somebody answers.' : '';
    return { is: 'open', reply: { text: `*Not confirmed yet*: ${command} of ${where}. ${then}`.trim() } };
  }
  if (answer.started !== null) return startReply({ service: view.service, version: null }, answer.started);
  return told(`*Done*: ${command} of ${where}; it is ${sayState(answer.state)}.`);
};

/** What is wrong, how it is said, and a button per text that was probably meant. */
export const misreadReply = (command: SlashCommand, { message, usage, meant }: Misread): Outcome => {
  const how = usage === '' ? '' : ` It is said so: \`${command} ${usage}\`.`;
  const text = `*Not done.* ${literal(message, 600)}${literal(how, 300)}`;
  const offered = meant
    .slice(0, 5)
    .map((words) => `${command} ${words}`)
    .filter(({ length }) => length <= 1900);
  if (offered.length === 0) return told(text);
  const section: SectionBlock = { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } };
  const actions: ActionsBlock = {
    type: 'actions',
    elements: offered.map((words, i) => ({
      type: 'button',
      action_id: `${typedPrefix}${String(i)}`,
      text: { type: 'plain_text', text: plainLine(words, 75), emoji: false },
      value: words,
    })),
  };
  return told(`${text} Meant: ${literal(offered.join(', '), 1000)}`, [section, actions]);
};

/** A button that says a command again, as it was meant. */
export const typedPrefix = 'sluice-typed-';
