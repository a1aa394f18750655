import { isOpen } from '../../../runbooks/state.ts';
import { SluiceError } from '../../../runbooks/errors.ts';
import { rolloutList } from '../../api/schemas/answers.ts';
import type { PlaceView } from '../../rollouts/facade.ts';
import type { RolloutView } from '../../store/views.ts';
import type { Cli } from '../command.ts';
import { allPlaces, findRollout, timeoutOf } from '../command.ts';
import { renderLive } from '../live/render.ts';
import { toneOf } from '../../story/say-event.ts';
import type { Line, Span } from '../../story/text.ts';
import { span } from '../../story/text.ts';
import { loadModel } from '../load.ts';
import { table } from '../table.ts';
import { lookOf, print, printJson } from '../terminal.ts';
import { watchRollout } from '../watch.ts';
import { sayAgo, sayState, shortId } from '../../story/words.ts';

/** `sluice status`: everything; `sluice status SERVICE | ID`: one rollout, as it is now or (`--watch`) as it goes. */
export const status = async (cli: Cli, idOrService: string | undefined): Promise<number> => {
  const { api, terminal, options } = cli;
  if (idOrService === undefined) {
    if (options.watch) {
      throw new SluiceError({
        code: 'USAGE',
        message: '--watch needs to know what to watch.',
        hint: 'sluice status SERVICE --watch',
      });
    }
    return board(cli, await allPlaces(api));
  }
  const timeoutMs = timeoutOf(options);
  const view = await newest(cli, idOrService);
  if (view === null) {
    const own = (await allPlaces(api)).filter(({ service }) => service === idOrService);
    return board(cli, own);
  }
  if (options.watch) {
    return watchRollout(api, terminal, { id: view.id, json: options.json, purpose: 'look', timeoutMs });
  }
  if (options.json) {
    printJson(terminal, view);
    return 0;
  }
  const { height: _, ...look } = lookOf(terminal.out, terminal.env);
  const lines = renderLive(await loadModel(api, view.id), { ...look, now: Date.now() });
  terminal.out.write(`${lines.join('\n')}\n`);
  return 0;
};

/** The rollout, or `null` for a service that has had none (in that environment). @throws SluiceError NOT_FOUND */
const newest = async ({ api, options }: Cli, idOrService: string): Promise<RolloutView | null> => {
  if (options.env !== undefined) {
    const query = { service: idOrService, environment: options.env, limit: '1' };
    const { rollouts } = await api.call(rolloutList, { path: ['v1', 'rollouts'], query });
    if (rollouts[0] !== undefined) return rollouts[0];
  }
  try {
    return await findRollout(api, idOrService);
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'NOT_FOUND') throw error;
    if ((await allPlaces(api)).some(({ service }) => service === idOrService)) return null;
    throw error;
  }
};

const board = ({ terminal, options }: Cli, places: readonly PlaceView[]): number => {
  if (options.json) {
    printJson(terminal, { services: places });
    return 0;
  }
  const { width } = lookOf(terminal.out, terminal.env);
  const now = Date.now();
  const lines = table(
    ['SERVICE', 'ENVIRONMENT', 'RUNS', 'SINCE', 'ROLLOUT'],
    places.flatMap((place) => rowsOf(place, now)),
    { width },
  );
  print(terminal, lines.length === 0 ? noServices : lines);
  return 0;
};

const noServices: readonly Line[] = [
  [
    span('No service yet. ', 'strong'),
    span('Write a service file into the services folder: docs/service-file.md.'),
  ],
];

/** What waits behind a rollout has a line of its own below it. */
const rowsOf = (
  { service, environment, good, open, waits }: PlaceView,
  now: number,
): readonly (readonly Span[])[] => {
  const first = open ?? waits;
  const place = [
    span(service, 'strong'),
    span(environment),
    good === null ? span('– not adopted', 'dim') : span(good.version),
    span(good === null ? '' : sayAgo(good.promotedAt, now), 'dim'),
  ];
  return [
    [...place, first === null ? span('–', 'dim') : rolloutSpan(first)],
    ...(open === null || waits === null
      ? []
      : [[span(''), span(''), span(''), span(''), rolloutSpan(waits)]]),
  ];
};

const rolloutSpan = (view: RolloutView): Span => span(openWords(view), toneOf(view.state));

const openWords = ({ id, kind, version, state, steps }: RolloutView): string => {
  const step = steps.findLast((each) => each.state !== 'pending' && each.percent !== null);
  const share = step === undefined || !isOpen(state) ? '' : ` at ${step.percent ?? 0} %`;
  return `${kind === 'deploy' ? '→' : '←'} ${version} ${sayState(state)}${share} · ${shortId(id)}`;
};
