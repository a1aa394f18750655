import { stateTable } from '../../../runbooks/state.ts';
import { sayDuration } from '../../../runbooks/units.ts';
import { sayTime, shortId } from '../../story/words.ts';
import type { Zone } from '../../story/words.ts';
import type { LiveModel } from '../../story/model.ts';
import { needsPerson } from '../../story/say-event.ts';
import type { Line } from '../../story/text.ts';
import { prose, span } from '../../story/text.ts';

type Block = readonly [label: string, lines: readonly Line[]];
type Space = { readonly now: number; readonly zone: Zone; readonly inner: number };

/** What comes next and when, and what a person may say now. */
export const nextLines = (model: LiveModel, { now, zone, inner }: Space): readonly Block[] => {
  const { state, next, until } = model;
  const waits = needsPerson(state);
  const at = until === null ? null : sayTime(until, now, zone);
  const says = sayable(state);
  return [
    ...causeBlock(model, inner),
    ...(model.stuck === null ? [] : [block('stuck', model.stuck, inner, 'attention')]),
    ...(waits ? [block('needs', `a person: ${whyPerson(model)}`, inner, 'attention')] : []),
    ...(next === null
      ? []
      : [block('next', waits ? sayDeadline(next, at, state) : sayNext(next, at, state), inner)]),
    ...byHandBlock(model),
    ...(says.length === 0 ? [] : [sayBlock(says, model, inner, waits)]),
  ];
};

/** Where a person sent it back, their own words; they are not part of the cause, which the chain keeps. */
const causeBlock = ({ cause, sentBack }: LiveModel, inner: number): readonly Block[] => {
  if (cause === null) return [];
  const own = cause.by === 'person' ? sentBack : null;
  return [block('cause', own ?? cause.sentence, inner, 'bad')];
};

/** What time does, where people do nothing. A hold that nobody ends is ended by the way back. */
const sayDeadline = (next: string, at: string | null, state: LiveModel['state']): string => {
  const when = at === null ? '' : `at ${at} `;
  return state === 'held' ? `${next} once it is resumed; ${when}the way back` : `${when}${next}`;
};

const sayNext = (next: string, at: string | null, state: LiveModel['state']): string =>
  `${next}${at === null ? '' : ` at ${at}`}${state === 'watching' ? ' if the gate holds' : ''}`;

const whyPerson = ({ state, watch, problems, held }: LiveModel): string => {
  if (state === 'inconclusive' && watch !== null && watch.verdict !== null) return watch.verdict.sentence;
  if (state === 'held' && held !== null) return held;
  if (state === 'rollback-failed') return problems.at(-1)?.message ?? stateTable[state].says;
  return stateTable[state].says;
};

/** To an open rollout `rollback` is another word for `abort`, and both for a failed way back's `retry`. */
const sayable = (state: LiveModel['state']): readonly string[] => {
  const all = Object.keys(stateTable[state].accepts);
  if (!all.includes('abort')) return all;
  const others = all.filter((command) => command !== 'abort' && command !== 'rollback');
  return others.includes('retry') ? others : [...others, 'abort'];
};

/** How it ended: cause, time until the traffic was back, what was verified, and what to do next. */
export const outcomeLines = (model: LiveModel, inner: number): readonly Block[] => {
  const { state, sentence, cause, problems, trafficBackMs, verified, recovered } = model;
  const took = tookOf(model);
  const reasons = state === 'refused' && problems.length > 0;
  return [
    ...causeBlock(model, inner),
    ...(reasons ? problems.map((problem): Block => ['refused', refusal(problem, inner)]) : []),
    ...(trafficBackMs === null
      ? []
      : [
          block(
            'traffic',
            `back on ${model.from ?? 'the old version'} after ${sayDuration(trafficBackMs)}`,
            inner,
            'good',
          ),
        ]),
    ...(verified === null
      ? []
      : [
          block(
            recovered === false ? 'not well' : 'verified',
            verified,
            inner,
            recovered === false ? 'bad' : 'good',
          ),
        ]),
    ...(cause === null && !reasons && sentence !== null ? [block('outcome', sentence, inner)] : []),
    ...(took === null ? [] : [block('took', took, inner)]),
    ...byHandBlock(model),
    block('then', nextCommands(model), inner, 'strong'),
  ];
};

const block = (
  label: string,
  text: string,
  inner: number,
  tone: Parameters<typeof prose>[2] = 'plain',
): Block => [label, prose(text, inner, tone)];

const tookOf = ({ requestedAt, endedAt, state }: LiveModel): string | null =>
  endedAt === null || state === 'refused'
    ? null
    : sayDuration(Math.max(0, Date.parse(endedAt) - Date.parse(requestedAt)));

const refusal = (problem: LiveModel['problems'][number], inner: number): readonly Line[] => [
  ...prose(problem.message, inner, 'bad'),
  ...(problem.hint === undefined ? [] : prose(problem.hint, inner)),
];

/** Commands are copied: they are never broken into lines. */
const byHandBlock = ({ byHand, state }: LiveModel): readonly Block[] =>
  byHand.length === 0 || state === 'rolled-back' || state === 'aborted'
    ? []
    : [['by hand', byHand.map((command): Line => [span(command, 'strong')])]];

const sayBlock = (says: readonly string[], model: LiveModel, inner: number, waits: boolean): Block =>
  block('say', `sluice ${says.join(' | ')} ${shortId(model.id)}`, inner, waits ? 'strong' : 'dim');

const nextCommands = ({ id, state, service, environment, kind }: LiveModel): string => {
  if (state === 'succeeded') {
    return kind === 'deploy'
      ? `sluice rollback ${service} --env ${environment}`
      : `sluice history ${service}`;
  }
  return state === 'refused' ? `sluice status ${service}` : `sluice why ${shortId(id)}`;
};
