import type { Verdict } from '../../../runbooks/verdict.ts';
import type { RolloutView, WatchView } from '../../store/views.ts';
import type { GatePolicy } from '../../../runbooks/gates.ts';
import { stateTable } from '../../../runbooks/state.ts';
import { sayDuration } from '../../../runbooks/units.ts';
import type { Point } from '../../api/schemas/answers.ts';
import { runbook as runbookSchema } from '../../api/schemas/runbook.ts';
import type { Cli } from '../command.ts';
import { findRollout } from '../command.ts';
import { sayLimit } from '../../story/words.ts';
import { evidencePlot } from '../live/evidence.ts';
import type { LiveWatch } from '../../story/model.ts';
import { plotLines } from '../live/plot.ts';
import { toneOf } from '../../story/say-event.ts';
import type { Line, Tone } from '../../story/text.ts';
import { lineWidth, prose, span } from '../../story/text.ts';
import { loadCounts } from '../load.ts';
import { labelled } from '../table.ts';
import { lookOf, print, printJson } from '../terminal.ts';
import type { Zone } from '../../story/words.ts';
import { sayCounts, sayInstant, sayState, sayTime } from '../../story/words.ts';
import { SluiceError } from '../../../runbooks/errors.ts';
import type { Api } from '../client.ts';
import { sourceLines, testLines } from './why-tests.ts';

/** What `why` explains from. `gates`: those of the runbook; `null`: it never had one. */
export type Evidence = {
  readonly view: RolloutView;
  readonly gates: GatePolicy | null;
  /** Points of the watch that decided; empty where nothing was recorded. */
  readonly points: readonly Point[];
};

/** `sluice why ID`: cause, verdicts with their counts, who said what, and a plot of what the gate saw. */
export const why = async (cli: Cli, idOrService: string): Promise<number> => {
  const { api, terminal, options } = cli;
  const view = await findRollout(api, idOrService);
  const watch = decisive(view);
  const points = watch === null ? [] : (await loadCounts(api, view.id, watch.watch)).points;
  const evidence: Evidence = { view, gates: await gatesOf(api, view), points };
  if (options.json) {
    const { cause, watches, commands, problems, verified, trafficBackMs, state, sentence } = view;
    const limit = evidence.gates?.errors.max ?? null;
    printJson(terminal, {
      ...{ id: view.id, state, sentence, cause, limit, watches, commands, problems, trafficBackMs, verified },
      points,
    });
    return 0;
  }
  const { width, zone } = lookOf(terminal.out, terminal.env);
  print(terminal, sayWhy(evidence, { width, zone, now: Date.now() }));
  return 0;
};

/** A rollout that was refused has no runbook. */
const gatesOf = async (api: Api, { id, hash }: RolloutView): Promise<GatePolicy | null> => {
  if (hash === null) return null;
  try {
    const { gates } = await api.call(runbookSchema, { path: ['v1', 'rollouts', id, 'runbook'] });
    return gates;
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
};

/** The watch that a verdict stopped, else the last one. */
const decisive = ({ watches }: RolloutView): WatchView | null =>
  watches.find(({ verdict }) => verdict?.kind === 'breach') ?? watches.at(-1) ?? null;

type Page = { readonly width: number; readonly zone: Zone; readonly now: number };

/** The explanation on one page. Pure. */
export const sayWhy = ({ view, gates, points }: Evidence, page: Page): readonly Line[] => {
  const { width } = page;
  const limit = gates?.errors.max ?? null;
  const inner = width - 10;
  const watch = decisive(view);
  const text = (label: string, said: string | null, tone: Tone = 'plain'): readonly Line[] =>
    said === null ? [] : labelled(label, prose(said, inner, tone));
  return [
    ...heading(view, width),
    [],
    ...text('cause', view.cause?.sentence ?? null, 'bad'),
    ...view.problems.flatMap((problem) => [
      ...text('problem', problem.message, 'bad'),
      ...text('', problem.hint ?? null),
    ]),
    ...(view.cause === null ? text('outcome', view.sentence ?? stateTable[view.state].says) : []),
    ...text(
      'traffic',
      view.trafficBackMs === null
        ? null
        : `back on ${view.from?.version ?? 'the old version'} after ${sayDuration(view.trafficBackMs)}`,
      'good',
    ),
    ...text(view.recovered === false ? 'not well' : 'verified', view.verified),
    ...view.watches.flatMap((each) => watchLines(view, each, gates, page)),
    ...(watch?.verdict?.record === undefined ? [] : [[], ...testLines(watch.verdict.record, width)]),
    ...(gates === null || watch === null ? [] : [[], ...sourceLines(gates, width)]),
    ...(watch === null || limit === null ? [] : plotsOf(view, watch, { points, limit, width })),
    ...commandLines(view, page),
  ];
};

const heading = (
  { id, service, environment, version, from, state }: RolloutView,
  width: number,
): readonly Line[] => {
  const title: Line = [
    span(`${service} ${from === null ? '' : `${from.version} → `}${version}`, 'strong'),
    span(` · ${environment}`),
  ];
  const said = sayState(state).toUpperCase();
  const gap = Math.max(2, width - lineWidth(title) - said.length);
  return [[...title, span(' '.repeat(gap)), span(said, toneOf(state))], [span(id, 'dim')]];
};

const verdictTones = { pass: 'good', breach: 'bad', inconclusive: 'attention' } as const;

/** Times are everybody's, so that the numbers can be found again in a dashboard. */
const watchLines = (
  view: RolloutView,
  { verdict, startsAt, endsAt, percent }: WatchView,
  gates: GatePolicy | null,
  { width }: Page,
): readonly Line[] => {
  const window = `${sayInstant(startsAt)} to ${sayInstant(endsAt)}`;
  const share = percent === null ? '' : ` at ${percent} %`;
  const inner = width - 10;
  if (verdict === null) {
    return [[], ...labelled('watch', prose(`${window}${share}: no verdict yet`, inner))];
  }
  const { kind, reason, samples, t } = verdict;
  return [
    [],
    ...labelled('watch', prose(`${window}${share}`, inner)),
    ...labelled(
      kind,
      prose(`${verdict.sentence} (${reason}, after ${Math.round(t)} s)`, inner, verdictTones[kind]),
      10,
    ),
    ...countLines(view, verdict, gates, inner),
    ...labelled('samples', [[span(`${samples.seen} of ${samples.due} that were due`)]]),
  ];
};

/** What was counted of the requests, or of the custom metric that decided; of durations the sentence says it. */
const countLines = (
  { version, from }: RolloutView,
  { metric, canary, baseline }: Verdict,
  gates: GatePolicy | null,
  width: number,
): readonly Line[] => {
  const own = gates?.custom?.find(({ name }) => name === metric);
  if (own?.histogram !== undefined) return [];
  const limit = metric === undefined ? gates?.errors.max : own?.max;
  const old = baseline === null || from === null ? '' : ` · ${from.version} ${sayCounts(baseline)}`;
  const bound = limit === undefined ? '' : ` · limit ${sayLimit(limit)}`;
  const counts = `${version} ${sayCounts(canary)}${old}${bound}`;
  return metric === undefined
    ? labelled('errors', prose(counts, width))
    : labelled('counts', prose(`${metric}: ${counts}`, width));
};

const plotsOf = (
  view: RolloutView,
  watch: WatchView,
  {
    points,
    limit,
    width,
  }: { readonly points: readonly Point[]; readonly limit: number; readonly width: number },
): readonly Line[] => {
  const drawn: LiveWatch = {
    ...watch,
    percent: watch.percent ?? 100,
    canary: view.version,
    baseline: points.some(({ baseline }) => baseline !== null) ? (view.from?.version ?? null) : null,
    points,
  };
  return [plotLines(drawn, limit, width), evidencePlot(drawn, width)].flatMap((lines) =>
    lines.length === 0 ? [] : [[], ...lines],
  );
};

const commandLines = ({ commands }: RolloutView, { width, zone, now }: Page): readonly Line[] =>
  commands.flatMap(({ command, actor, at, refusal, reason }, i) => {
    const who = actor?.name ?? actor?.id ?? 'nobody';
    const said = `${sayTime(at, now, zone)} ${command} by ${who}${reason === null ? '' : `: “${reason}”`}`;
    const lines = prose(refusal === null ? said : `${said}; refused: ${refusal}`, width - 10);
    return [...(i === 0 ? [[]] : []), ...labelled(i === 0 ? 'said' : '', lines)];
  });
