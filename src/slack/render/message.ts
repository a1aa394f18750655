import type { ActionsBlock, ContextBlock, KnownBlock, SectionBlock } from '@slack/types';
import type { RolloutState } from '../../../runbooks/state.ts';
import { stateTable } from '../../../runbooks/state.ts';
import { sayDuration } from '../../../runbooks/units.ts';
import { sayLimit } from '../../story/words.ts';
import type { LiveModel } from '../../story/model.ts';
import { railLines } from '../../story/rail.ts';
import { newestOf } from '../../story/rates.ts';
import { sayCounts, sayState, shortHash, shortId } from '../../story/words.ts';
import { buttonsOf } from './buttons.ts';
import { literal, slackTime, verbatim } from './escape.ts';

/** A message as `chat.postMessage` takes it. `text` says the same in words, for notifications and screen readers. */
export type Message = { readonly text: string; readonly blocks: KnownBlock[] };

export type Frame = {
  /** Ms since the epoch: for how far a watch is. */
  readonly now: number;
  /** Where people reach the daemon; `null`: no link. */
  readonly publicUrl: string | null;
  /** Whether somebody hears a click. */
  readonly buttons: boolean;
  /** When the numbers were read, ISO 8601; `null`: there are none. */
  readonly asOf: string | null;
};

/** The one message of a rollout, in every state. Pure. */
export const renderMessage = (model: LiveModel, frame: Frame): Message => {
  const said = [...numbers(model, frame), ...told(model)];
  const buttons = frame.buttons ? buttonsOf(model) : [];
  const blocks: KnownBlock[] = [
    section(`*${headline(model)}*   ${statusOf(model)}`),
    context(origin(model)),
    ...(model.steps.length === 0 ? [] : [section(rail(model, frame.now))]),
    ...minded(model).map(section),
    ...said.map(section),
    ...(buttons.length === 0 ? [] : [{ type: 'actions', elements: [...buttons] } satisfies ActionsBlock]),
    context(ending(model, frame)),
  ];
  return { text: wordsOf(model), blocks };
};

const section = (text: string): SectionBlock => ({
  type: 'section',
  // Verbatim: Slack makes no links and mentions of its own out of what people wrote.
  text: { type: 'mrkdwn', text, verbatim: true },
});
const context = (text: string): ContextBlock => ({
  type: 'context',
  elements: [{ type: 'mrkdwn', text, verbatim: true }],
});

const name = (text: string): string => literal(text, 130);

/** `shop 2.0.4 → 2.1.0 · production` */
const headline = ({ service, from, version, environment }: LiveModel): string =>
  `${name(service)} ${from === null ? '' : `${name(from)} → `}${name(version)} · ${name(environment)}`;

/** The state in words; colour and pictures never stand alone. */
const statusOf = (model: LiveModel): string => {
  const share = shareOf(model);
  return `\`${sayState(model.state).toUpperCase()}${share === null ? '' : ` ${share}`}\``;
};

const judging: ReadonlySet<RolloutState> = new Set(['watching', 'held', 'frozen', 'inconclusive']);
const sharing: ReadonlySet<RolloutState> = new Set([...judging, 'ramping']);

const shareOf = ({ state, weights, version }: LiveModel): string | null =>
  sharing.has(state) && weights !== null ? `${weights[version] ?? 0} %` : null;

const origin = ({ kind, actor, reason, hash, warm, from, id }: LiveModel): string =>
  [
    `${kind} by ${name(actor)}`,
    ...(reason === null ? [] : [`“${literal(reason, 200)}”`]),
    ...(hash === null ? [] : [`plan ${shortHash(hash)}`]),
    ...(warm && from !== null ? [`way back ${name(from)}`] : []),
    shortId(id),
  ].join(' · ');

/** Steps as `sluice status` has them, each kept in one line with its mark; as many as fit. */
const rail = (model: LiveModel, now: number): string => {
  const pieces = railLines(model, 10_000, now)
    .flat()
    .map(({ text }) => literal(text, 80).replaceAll(' ', '\u00a0'))
    .filter((piece) => piece !== '');
  const whole = pieces.join('  ');
  if (whole.length <= mostRail) return whole;
  const fitting = whole.slice(0, mostRail);
  return `${fitting.slice(0, fitting.lastIndexOf('  '))}  …`;
};
const mostRail = 2000;

/** Nothing has run yet: who decides reads what speaks against it. */
const deciding: ReadonlySet<RolloutState> = new Set(['planning', 'awaiting-approval']);
const mostWarnings = 6;

/** What the plan warns of, before it runs; and the checks that were passed over, with their reasons, from then on. */
const minded = ({ state, warnings, overrides }: LiveModel): readonly string[] => {
  const lines = overrides.map(
    ({ check, reason }) =>
      `*overrides* ${literal(check, 40)}: ${reason === null ? 'its reason was erased' : `“${literal(reason, 150)}”`}`,
  );
  if (deciding.has(state)) {
    lines.push(...warnings.slice(0, mostWarnings).map((warning) => `*warning*: ${literal(warning, 150)}`));
    const more = warnings.length - mostWarnings;
    if (more > 0) lines.push(`and ${String(more)} more warnings`);
  }
  return lines.length === 0 ? [] : [lines.join('\n')];
};

/** What is the matter, what comes next, what is to be done by hand. */
const told = (model: LiveModel): readonly string[] => {
  const { state, cause, sentBack, sentence, problems, byHand, trafficBackMs, verified } = model;
  const lines: string[] = [];
  if (model.watch?.verdict && (state === 'inconclusive' || state === 'watching'))
    lines.push(`*${model.watch.verdict.kind}*: ${literal(model.watch.verdict.sentence, 600)}`);
  if (state === 'held' && model.held !== null) lines.push(literal(model.held, 600));
  if (cause !== null) {
    const why = cause.by === 'person' ? (sentBack ?? cause.sentence) : cause.sentence;
    lines.push(`*went back because*: ${literal(why, 600)}`);
  }
  if (trafficBackMs !== null) lines.push(`traffic back after ${sayDuration(trafficBackMs)}`);
  if (verified !== null) lines.push(literal(verified, 600));
  if (state === 'rollback-failed' || state === 'refused')
    for (const { message, hint } of problems.slice(-3))
      lines.push(literal(hint === undefined ? message : `${message} ${hint}`, 600));
  // The end of what went back says its cause and what was seen after it once more.
  const saysAgain = cause !== null && sentence?.startsWith(cause.sentence) === true;
  if (sentence !== null && !saysAgain && state !== 'refused') lines.push(literal(sentence, 600));
  if (model.contract !== null) {
    const { until, sentence: asked } = model.contract;
    const expires = until === null ? '' : ` Unapproved it expires ${slackTime(until)}.`;
    lines.push(`*contract*: ${literal(asked, 600)}${expires}`);
  }
  const out = lines.length === 0 ? [] : [lines.join('\n')];
  const next = nextLine(model);
  const hand =
    byHand.length === 0 || state !== 'rollback-failed'
      ? []
      : [`by hand, in this order:\n\`\`\`${verbatim(byHand.join('\n'), 1800)}\`\`\``];
  return [...out, ...hand, ...(next === null ? [] : [next])];
};

/** `next, today 14:31: 50 % if the gate holds`: the time before what has commas of its own. */
const nextLine = ({ state, next, until }: LiveModel): string | null => {
  if (next === null && until === null) return null;
  const at = until === null ? '' : `, ${slackTime(until)}`;
  if (state === 'held')
    return `next: ${literal(next ?? 'it goes on', 200)} once it is resumed; else the way back${at}`;
  if (next === null) return `until ${slackTime(until ?? '')}`;
  return `next${at}: ${literal(next, 200)}${state === 'watching' ? ' if the gate holds' : ''}`;
};

/** `errors 0.3 % (4 of 1,200) vs 0.24 % (26 of 10,800) (limit 1 %)`: only while they are judged. */
const numbers = ({ state, watch, limit }: LiveModel, { asOf }: Frame): readonly string[] => {
  const shown = judging.has(state) || state === 'rolling-back';
  if (!shown || watch === null) return [];
  const canary = watch.verdict?.canary ?? newestOf(watch.points, 'canary');
  const baseline = watch.verdict?.baseline ?? newestOf(watch.points, 'baseline');
  if (canary === null) return ['errors: nothing read yet'];
  const against =
    baseline === null || watch.baseline === null
      ? ''
      : ` vs ${sayCounts(baseline)} on ${name(watch.baseline)}`;
  const samples =
    watch.verdict === null ? '' : ` · samples ${watch.verdict.samples.seen} of ${watch.verdict.samples.due}`;
  const bound = limit === null ? '' : ` (limit ${sayLimit(limit)})`;
  const read = asOf === null || watch.verdict !== null ? '' : ` · as of ${slackTime(asOf)}`;
  return [`errors ${sayCounts(canary)} on ${name(watch.canary)}${against}${bound}${samples}${read}`];
};

const ending = ({ id, requestedAt, endedAt }: LiveModel, { publicUrl }: Frame): string =>
  [
    ...(requestedAt === '' ? [] : [`asked for ${slackTime(requestedAt)}`]),
    ...(endedAt === null ? [] : [`ended ${slackTime(endedAt)}`]),
    ...(publicUrl === null
      ? []
      : [`<${publicUrl.replace(/\/+$/, '')}/rollouts/${encodeURIComponent(id)}|details>`]),
    `\`sluice status ${shortId(id)}\``,
  ].join(' · ');

const wordsOf = (model: LiveModel): string => {
  const { service, from, version, environment, state, cause, sentence } = model;
  const moves = from === null ? name(version) : `${name(from)} to ${name(version)}`;
  const why = sentence ?? cause?.sentence ?? stateTable[state].says;
  return `${name(service)} ${moves} in ${name(environment)}: ${sayState(state)}. ${literal(why, 300)}`;
};
