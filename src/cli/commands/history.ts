import { SluiceError } from '../../../runbooks/errors.ts';
import { sayDuration } from '../../../runbooks/units.ts';
import { releaseList, rolloutList } from '../../api/schemas/answers.ts';
import type { ReleaseView, RolloutView } from '../../store/views.ts';
import type { Cli } from '../command.ts';
import { toneOf } from '../../story/say-event.ts';
import type { Line, Span } from '../../story/text.ts';
import { span } from '../../story/text.ts';
import { table } from '../table.ts';
import { lookOf, print, printJson } from '../terminal.ts';
import type { Zone } from '../../story/words.ts';
import { sayState, sayTime, shortId } from '../../story/words.ts';

/** `sluice history SERVICE`: its rollouts with their outcomes; ✓ stands for a good release, ✗ for one taken back. */
export const history = async (cli: Cli, service: string): Promise<number> => {
  const { api, terminal, options } = cli;
  const { env } = options;
  const { rollouts } = await api.call(rolloutList, {
    path: ['v1', 'rollouts'],
    query: { service, environment: env, limit: '50' },
  });
  const releases = await releasesOf(cli, service, rollouts.length > 0);
  if (options.json) {
    printJson(terminal, { rollouts, releases });
    return 0;
  }
  const { width, zone } = lookOf(terminal.out, terminal.env);
  const now = Date.now();
  const rows = [
    ...rollouts.map((view) => rolloutRow(view, releases, { now, zone })),
    ...releases.filter(({ by }) => by === 'adopt').map((release) => adoptedRow(release, { now, zone })),
  ].sort((a, b) => (a.at < b.at ? 1 : -1));
  if (rows.length === 0) print(terminal, [[span(`${service} has had no rollout yet.`)]]);
  else print(terminal, sayRows(rows, width));
  return 0;
};

/** A service whose file is gone has a past all the same. */
const releasesOf = async ({ api, options }: Cli, service: string, known: boolean) => {
  try {
    const path = ['v1', 'services', service, 'releases'];
    return (await api.call(releaseList, { path, query: { environment: options.env, limit: '50' } })).releases;
  } catch (error) {
    if (known && error instanceof SluiceError && error.code === 'SERVICE_UNKNOWN') return [];
    throw error;
  }
};

type Row = { readonly at: string; readonly environment: string; readonly cells: readonly Span[] };

/** The environment has a column where there are several. */
const sayRows = (rows: readonly Row[], width: number): readonly Line[] => {
  const several = new Set(rows.map(({ environment }) => environment)).size > 1;
  const where = several ? ['ENVIRONMENT'] : [];
  const heads = ['', 'WHEN', ...where, 'RELEASE', 'OUTCOME', 'TOOK', 'BY', 'ID'];
  const cells = rows.map(({ at: _, environment, cells: [mark = span(''), when = span(''), ...rest] }) => [
    mark,
    when,
    ...(several ? [span(environment)] : []),
    ...rest,
  ]);
  return table(heads, cells, { width, whole: [1, heads.length - 1] });
};

/** A release that may be returned to, or one that was taken back after its promotion. */
const markOf = ({ state }: ReleaseView): Span => (state === 'good' ? span('✓', 'good') : span('✗', 'bad'));

/** To the minute. */
const sayWhen = (at: string, { now, zone }: Clock): string => sayTime(at, now, zone).replace(/:\d\d$/, '');

type Clock = { readonly now: number; readonly zone: Zone };

const rolloutRow = (view: RolloutView, releases: readonly ReleaseView[], clock: Clock): Row => {
  const release = releases.find(({ rolloutId }) => rolloutId === view.id);
  const moves = view.from === null ? view.version : `${view.from.version} → ${view.version}`;
  const took = view.endedAt === null ? null : Date.parse(view.endedAt) - Date.parse(view.requestedAt);
  return {
    at: view.requestedAt,
    environment: view.environment,
    cells: [
      release === undefined ? span('') : markOf(release),
      span(sayWhen(view.requestedAt, clock)),
      span(moves),
      span(sayState(view.state), toneOf(view.state)),
      span(took === null ? 'runs' : sayDuration(took)),
      span(view.actor?.name ?? view.actor?.id ?? '–'),
      span(shortId(view.id), 'dim'),
    ],
  };
};

const adoptedRow = (release: ReleaseView, clock: Clock): Row => ({
  at: release.promotedAt,
  environment: release.environment,
  cells: [
    markOf(release),
    span(sayWhen(release.promotedAt, clock)),
    span(release.version),
    span('adopted'),
    span('–'),
    span('–'),
    span(shortId(release.rolloutId), 'dim'),
  ],
});
