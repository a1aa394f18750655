import { SluiceError } from '../../../runbooks/errors.ts';
import { sayDuration } from '../../../runbooks/units.ts';
import { releaseList, rolloutList } from '../../api/schemas/answers.ts';
import type { ReleaseView, RolloutView } from '../../store/views.ts';
import type { Cli } from '../command.ts';
import { toneOf } from '../live/say-event.ts';
import type { Span } from '../live/text.ts';
import { span } from '../live/text.ts';
import { table } from '../table.ts';
import { lookOf, print, printJson } from '../terminal.ts';
import type { Zone } from '../words.ts';
import { sayState, sayTime, shortId } from '../words.ts';

/** `sluice history SERVICE`: its rollouts with their outcomes, and which releases are good. */
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
  const rows = rollouts.map((view) => rolloutRow(view, releases, { now, zone }));
  const adopted = releases
    .filter(({ by }) => by === 'adopt')
    .map((release) => adoptedRow(release, { now, zone }));
  const heads = ['WHEN', 'ENVIRONMENT', 'RELEASE', 'OUTCOME', 'TOOK', 'BY', 'ID'];
  const sorted = [...rows, ...adopted].sort((a, b) => (a.at < b.at ? 1 : -1)).map(({ cells }) => cells);
  print(
    terminal,
    sorted.length === 0 ? [[span(`${service} has had no rollout yet.`)]] : table(heads, sorted, width),
  );
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

type Row = { readonly at: string; readonly cells: readonly Span[] };
type Clock = { readonly now: number; readonly zone: Zone };

const rolloutRow = (view: RolloutView, releases: readonly ReleaseView[], { now, zone }: Clock): Row => {
  const release = releases.find(({ rolloutId }) => rolloutId === view.id);
  const moves = view.from === null ? view.version : `${view.from.version} → ${view.version}`;
  const took = view.endedAt === null ? null : Date.parse(view.endedAt) - Date.parse(view.requestedAt);
  const marked = release === undefined ? '' : release.state === 'good' ? ' · good' : ' · taken back';
  return {
    at: view.requestedAt,
    cells: [
      span(sayTime(view.requestedAt, now, zone)),
      span(view.environment),
      span(moves),
      span(`${sayState(view.state)}${marked}`, toneOf(view.state)),
      span(took === null ? 'runs' : sayDuration(took)),
      span(view.actor?.name ?? view.actor?.id ?? '–'),
      span(shortId(view.id), 'dim'),
    ],
  };
};

const adoptedRow = (release: ReleaseView, { now, zone }: Clock): Row => ({
  at: release.promotedAt,
  cells: [
    span(sayTime(release.promotedAt, now, zone)),
    span(release.environment),
    span(release.version),
    span(`adopted · ${release.state}`, release.state === 'good' ? 'good' : 'bad'),
    span('–'),
    span('–'),
    span(shortId(release.rolloutId), 'dim'),
  ],
});
