import { stateTable } from '../../runbooks/state.ts';
import { sayDuration } from '../../runbooks/units.ts';
import type { Preparation } from '../../workflows/contract.ts';
import { sayAction } from '../story/say-action.ts';
import { sayCounts, sayState, shortHash, shortId } from '../story/words.ts';
import type { RolloutView } from '../store/views.ts';
import type { SlackDeps } from './deps.ts';
import { literal, slackTime } from './render/escape.ts';
import { renderMessage } from './render/message.ts';
import type { Outcome } from './replies.ts';
import { refusals, told } from './replies.ts';
import { tell } from './story.ts';

/** A reply is read on a phone. */
const few = 10;

const moves = ({ from, version }: Pick<RolloutView, 'from' | 'version'>): string =>
  `${from === null ? '' : `${literal(from.version, 60)} → `}${literal(version, 60)}`;

/** What a deploy would do, and how each step is undone. */
export const sayPlan = (found: Preparation): Outcome => {
  if (!found.ok) return { is: 'told', reply: refusals(found.problems) };
  const { runbook, hash, warnings } = found;
  const { service, environment, from, to, steps } = runbook;
  const lines = steps.slice(0, 30).map(({ title, back }, i) => {
    const undone = back.length === 0 ? '' : `  _undone by ${literal(back.map(sayAction).join(', '), 80)}_`;
    return `${String(i + 1)}. ${literal(title, 90)}${undone}`;
  });
  const more = steps.length > 30 ? [`and ${String(steps.length - 30)} more`] : [];
  return told(
    [
      `*Plan ${shortHash(hash)}*: ${literal(service, 64)} ${moves({ from, version: to.version })} in ${literal(environment, 64)}. Nothing has run.`,
      ...[...lines, ...more],
      ...warnings.slice(0, 5).map((warning) => `*Warning*: ${literal(warning, 300)}`),
    ].join('\n'),
  );
};

/** What is open, or one rollout as its message shows it. */
export const sayStatus = async (deps: SlackDeps, what: string | null): Promise<Outcome> => {
  if (what === null) {
    const open = await deps.ledger.openRollouts();
    if (open.length === 0) return told('No rollout is open. `/deploy history SERVICE` shows what was.');
    const more = open.length > few ? [`and ${String(open.length - few)} more`] : [];
    return told([...open.slice(0, few).map(rolloutLine), ...more].join('\n'));
  }
  const { id } = await deps.rollouts.find(what);
  const { model, asOf } = await tell(deps.ledger, id, []);
  const { publicUrl } = deps.settings;
  const { text, blocks } = renderMessage(model, { now: deps.clock(), publicUrl, buttons: false, asOf });
  return told(text, blocks);
};

const rolloutLine = (view: RolloutView): string =>
  `• ${literal(view.service, 64)} ${moves(view)} in ${literal(view.environment, 64)}: *${sayState(view.state)}*, asked for ${slackTime(view.requestedAt)} by ${literal(view.actor?.name ?? view.actor?.id ?? 'nobody', 60)} · ${shortId(view.id)}`;

/** Its rollouts and their outcomes, newest first. */
export const sayHistory = async (
  { ledger, services }: SlackDeps,
  { service, environment }: { readonly service: string; readonly environment: string | null },
): Promise<Outcome> => {
  const found = await ledger.rollouts({
    service,
    limit: few,
    ...(environment === null ? {} : { environment }),
  });
  if (found.length > 0) return told(found.map(rolloutLine).join('\n'));
  const known = (await services()).some((file) => file.service === service);
  return told(
    known
      ? `${literal(service, 64)} has had no rollout yet.`
      : `*Not known*: there is no service ${literal(service, 80)}. \`/deploy help\` names those there are.`,
  );
};

/** What the gate saw and said. */
export const sayWhy = (view: RolloutView): Outcome => {
  const { cause, problems, watches, commands, trafficBackMs, verified, sentence, state } = view;
  const lines = [
    `*${literal(view.service, 64)} ${moves(view)} in ${literal(view.environment, 64)}*: ${sayState(state)} · ${shortId(view.id)}`,
    cause === null
      ? literal(sentence ?? stateTable[state].says, 600)
      : `*Cause*: ${literal(cause.sentence, 600)}`,
    ...problems.slice(0, 3).map(({ message, hint }) => literal(`${message} ${hint ?? ''}`, 400)),
    ...(trafficBackMs === null ? [] : [`Traffic back after ${sayDuration(trafficBackMs)}.`]),
    ...(verified === null ? [] : [literal(verified, 300)]),
    ...watches.slice(-5).map(({ verdict, startsAt, endsAt, percent }) => {
      const share = percent === null ? '' : ` at ${String(percent)} %`;
      const when = `${slackTime(startsAt)} to ${slackTime(endsAt)}${share}`;
      if (verdict === null) return `• ${when}: no verdict yet`;
      const counts = `${sayCounts(verdict.canary)}${verdict.baseline === null ? '' : ` against ${sayCounts(verdict.baseline)}`}`;
      return `• ${when}: *${verdict.kind}* ${literal(verdict.sentence, 500)} (${counts})`;
    }),
    ...commands.slice(-5).map(({ command, actor, at, refusal }) => {
      const who = literal(actor?.name ?? actor?.id ?? 'nobody', 60);
      return `• ${slackTime(at)} ${command} by ${who}${refusal === null ? '' : `; refused: ${literal(refusal, 200)}`}`;
    }),
  ];
  return told(lines.join('\n'));
};
