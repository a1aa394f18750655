import { isOpen } from '../../../runbooks/state.ts';
import { weightOf } from '../../../runbooks/traffic.ts';
import { sayState, sayTime, shortHash } from '../../story/words.ts';
import type { Zone } from '../../story/words.ts';
import { trafficLine, watchLine } from './bars.ts';
import { errorLines } from './errors.ts';
import { evidenceLine } from './evidence.ts';
import type { LiveModel } from '../../story/model.ts';
import { nextLines, outcomeLines } from './outcome.ts';
import { railLines } from '../../story/rail.ts';
import { needsPerson, sentenceOf, toneOf } from '../../story/say-event.ts';
import type { Line } from '../../story/text.ts';
import type { Paint } from './paint.ts';
import { paint } from './paint.ts';
import { clipLine, clipText, lineWidth, prose, span } from '../../story/text.ts';

export type Frame = Paint & {
  /** Columns; what is narrower than 40 is drawn as 40. */
  readonly width: number;
  /** Rows, if they are limited: the log gets what is left. */
  readonly height?: number;
  /** Ms since 1970. */
  readonly now: number;
  readonly zone?: Zone;
};

const narrowest = 40;
const labelWidth = 10;
const logRows = 5;

/** A rollout as people look at it. Pure: the same model and frame give the same lines. */
export const renderLive = (model: LiveModel, frame: Frame): string[] => {
  const width = Math.max(narrowest, frame.width);
  if (model.position === 0) return paint([[span('Waiting for the first event…', 'dim')]], frame);
  const body = [...header(model, width, frame), ...sections(model, width, frame)];
  const space = (frame.height ?? Number.POSITIVE_INFINITY) - body.length - 1;
  const log = logLines(model, width, frame).slice(-Math.max(0, Math.min(logRows, space)));
  const lines = log.length === 0 || space < 1 ? body : [...body, [], ...log];
  return paint(lines, frame);
};

const header = (model: LiveModel, width: number, { now, zone }: Frame): readonly Line[] => {
  const { service, environment, version, from, kind } = model;
  const moves = from === null || from === version ? version : `${from} → ${version}`;
  const title: Line = [
    span(`${service} `, 'strong'),
    span(moves, 'strong'),
    span(` · ${environment}${kind === 'deploy' ? '' : ` · ${kind}`}`),
  ];
  const state: Line = [span(stateWords(model), toneOf(model.state))];
  const gap = width - lineWidth(title) - lineWidth(state);
  const first: readonly Line[] =
    gap >= 2
      ? [[...title, span(' '.repeat(gap)), ...state]]
      : [clipLine(title, width), clipLine(state, width)];
  const facts = [
    `by ${model.actor} at ${sayTime(model.requestedAt, now, zone)}`,
    ...(model.hash === null ? [] : [`plan ${shortHash(model.hash)}`, wayBack(model)]),
  ].join(' · ');
  return [
    ...first,
    ...prose(facts, width, 'dim'),
    ...(model.reason === null ? [] : [[span(clipText(`“${model.reason}”`, width), 'dim')]]),
  ];
};

const stateWords = (model: LiveModel): string => {
  const { state, weights, version } = model;
  const percent = weights === null ? 0 : weightOf(weights, version);
  const share = isOpen(state) && percent > 0 && percent < 100 ? ` ${percent} %` : '';
  return `${stateMark(model)} ${sayState(state).toUpperCase()}${share}`;
};

const stateMark = ({ state }: LiveModel): string => {
  if (state === 'succeeded') return '✓';
  if (needsPerson(state)) return '!';
  return isOpen(state) ? '◔' : '✗';
};

const wayBack = ({ from, warm, kind }: LiveModel): string => {
  if (kind !== 'deploy') return 'is itself the way back';
  return from === null ? 'no way back: nothing ran before' : `way back ${from}${warm ? ' (warm)' : ''}`;
};

const sections = (model: LiveModel, width: number, frame: Frame): readonly Line[] => {
  const { now, zone } = frame;
  const inner = width - labelWidth;
  const rail = railLines(model, width, now);
  const traffic = trafficLine(model, inner);
  const { watch, limit } = model;
  // A hold does not end the watch that runs: it keeps the next step from beginning.
  const running = watch?.verdict === null && model.steps[watch.step]?.state === 'running' ? watch : null;
  const evidence = running === null ? null : evidenceLine(running, inner);
  const blocks: readonly (readonly Line[])[] = [
    rail,
    [
      ...(traffic === null ? [] : labelled('traffic', [traffic])),
      ...(running === null ? [] : labelled('watch', [watchLine(running, { width: inner, now, zone })])),
      ...(watch === null || limit === null ? [] : labelled('errors', errorLines(watch, limit, inner))),
      ...(evidence === null ? [] : labelled('evidence', [evidence])),
    ],
    isOpen(model.state)
      ? nextLines(model, { now, zone, inner }).flatMap(([label, lines]) => labelled(label, lines))
      : outcomeLines(model, inner).flatMap(([label, lines]) => labelled(label, lines)),
  ];
  return blocks.filter((block) => block.length > 0).flatMap((block) => [[], ...block]);
};

const labelled = (label: string, lines: readonly Line[]): readonly Line[] =>
  lines.map((line, i) => [span((i === 0 ? label : '').padEnd(labelWidth), 'dim'), ...line]);

/** How it ended is told above, in full. */
const logLines = (model: LiveModel, width: number, { now, zone }: Frame): readonly Line[] =>
  model.log
    .filter((said) => model.endedAt === null || said.at !== model.endedAt || said.text !== model.sentence)
    .map((said) => {
      const clock = (iso: string): string => sayTime(iso, now, zone);
      const { at, word, tone } = said;
      return clipLine(
        [span(`${clock(at)}  `, 'dim'), span(word.padEnd(12), tone), span(` ${sentenceOf(said, clock)}`)],
        width,
      );
    });
