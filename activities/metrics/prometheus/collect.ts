import { forVersion, renderSelector } from '../../../runbooks/counter-query.ts';
import { matching } from '../matching.ts';
import { unavailable } from '../unavailable.ts';
import type { Series } from './answer.ts';
import { mostSeries } from './api.ts';
import type { Asked, Session } from './api.ts';
import { mendOf } from './counters.ts';
import type { Request } from './counters.ts';
import { partsOfSum, summed, timedSums } from './sums.ts';
import type { Counter } from '../queries.ts';

/** The series of each counter, by its place. */
export type Collected = ReadonlyMap<string, readonly Series[]>;

/** Samples from `fromMs` (not included) to `toMs`; `toMs` null: the server's now, and `fromMs` is how long before it. */
export type Span =
  | { readonly backMs: number; readonly toMs: number | null; readonly freshMs: number }
  | { readonly backMs: number; readonly toMs: number; readonly freshMs: number; readonly stepMs: number };

const selectorOf = ({ members, common }: Extract<Request, { kind: 'series' }>, version: string): string => {
  const names = [...new Set(members.map(({ query }) => query.metric))];
  const { matchers } = forVersion({ metric: '', matchers: common, by: null }, version);
  const [metric = ''] = names;
  if (names.length === 1) return renderSelector({ metric, matchers });
  return renderSelector({
    metric: '',
    matchers: [{ label: '__name__', op: '=~', value: names.join('|') }, ...matchers],
  });
};

const askedOf = (request: Request, version: string, backMs: number): Asked => {
  const { members } = request;
  const place = members.map((member) => member.place).join(', ');
  const mend = members.map(mendOf).join('; ');
  const most = (request.kind === 'sums' ? partsOfSum : 1) * members.length * mostSeries;
  const query =
    request.kind === 'series'
      ? `${selectorOf(request, version)}[${String(backMs)}ms]`
      : members.map((member) => summed(member, version)).join(' or ');
  return { place, query, mend, most };
};

const memberOf = ({ query }: Counter, version: string, all: readonly Series[]): readonly Series[] => {
  const fits = matching(forVersion(query, version).matchers);
  return all.filter(({ labels }) => (labels['__name__'] ?? query.metric) === query.metric && fits(labels));
};

const checked = (counter: Counter, found: readonly Series[]): readonly [string, readonly Series[]] => {
  if (found.length <= mostSeries) return [counter.place, found];
  throw unavailable({
    message: `${counter.place} returned ${String(found.length)} series; more than ${String(mostSeries)} can not be read every few seconds.`,
    hint: `${mendOf(counter)}.`,
    details: { place: counter.place },
  });
};

/**
 * Asks one question for one version.
 * @throws SluiceError METRICS_UNAVAILABLE
 */
export const collect = async (
  session: Session,
  request: Request,
  version: string,
  span: Span,
): Promise<Collected> => {
  const { members } = request;
  const asked = askedOf(request, version, span.backMs);
  const stepped = request.kind === 'sums' && 'stepMs' in span;
  const all = stepped
    ? await session.range(asked, span.toMs - span.backMs, span.toMs, span.stepMs)
    : await session.instant(asked, span.toMs);
  return new Map(
    members.map((member) => {
      if (request.kind === 'sums') return checked(member, timedSums(member.place, all, span.freshMs));
      return checked(member, members.length === 1 ? all : memberOf(member, version, all));
    }),
  );
};
