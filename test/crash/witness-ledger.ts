import type { EventBody } from '../../runbooks/events.ts';
import type { StoredEvent } from '../../src/store/views.ts';
import type { Problem } from './witness-effects.ts';

const sources = ['rollout', 'keep'] as const;

/** A run that was reset tells another story under the same numbers: `rollout/14~1a2b3c4d`. */
const mark = '~';

/**
 * The ledger has each transition once: ids are unique, those of one source count from 1 without gaps in the order of
 * the chain, and nothing that happens once in a rollout stands there twice. Of a rollout that has ended. What a reset
 * run tells anew stands under ids of its own, which rise.
 */
export const judgeLedger = (events: readonly StoredEvent[]): readonly Problem[] => [
  ...judgeIds(events.map(({ id }) => id)),
  ...judgeOnce(events),
  ...(events.filter(({ body }) => body.type === 'closed').length === 1
    ? []
    : [{ about: null, text: 'it was not closed exactly once' }]),
];

const judgeIds = (ids: readonly string[]): readonly Problem[] => {
  const problems: Problem[] = [];
  if (new Set(ids).size !== ids.length) problems.push({ about: null, text: 'an event stands there twice' });
  for (const source of sources) {
    const own = ids.filter((id) => id.startsWith(`${source}/`) && !id.includes(mark));
    const should = own.map((_, i) => `${source}/${i + 1}`);
    if (own.join() !== should.join()) {
      problems.push({
        about: null,
        text: `events of ${source} have gaps or changed places: ${own.join(', ')}`,
      });
    }
  }
  const anew = ids.filter((id) => id.includes(mark)).map((id) => Number(/\/(\d+)~/.exec(id)?.[1]));
  if (anew.some((number, i) => !(number > (anew[i - 1] ?? 0)))) {
    problems.push({ about: null, text: `events of the reset run changed places: ${anew.join(', ')}` });
  }
  if (!ids.includes('rollout/1')) problems.push({ about: null, text: 'the rollout wrote nothing' });
  return problems;
};

const judgeOnce = (events: readonly StoredEvent[]): readonly Problem[] => {
  const times = new Map<string, number>();
  for (const { id, body } of events) {
    const once = onceName(body);
    if (once === null) continue;
    const name = [once, ...id.split(mark).slice(1)].join(mark);
    times.set(name, (times.get(name) ?? 0) + 1);
  }
  return [...times].flatMap(([name, count]) =>
    count === 1 ? [] : [{ about: null, text: `${name} stands there ${count} times` }],
  );
};

/** What can happen only once in the life of a rollout, by name; `null`: may happen again. */
const onceName = (body: EventBody): string | null => {
  switch (body.type) {
    case 'step-started':
    case 'step-done':
    case 'step-failed':
      return `${body.type} ${body.step}`;
    case 'watch-started':
    case 'verdict':
      return `${body.type} ${body.watch}`;
    case 'retired':
      return `retired ${body.version}`;
    case 'requested':
    case 'planned':
    case 'refused':
    case 'way-back':
    case 'traffic-back':
    case 'verified':
    case 'promoted':
    case 'keep-closed':
    case 'closed':
      return body.type;
    case 'approval':
    case 'contract':
    case 'watch-resumed':
    case 'state':
    case 'command':
    case 'stuck':
    case 'step-skipped':
    case 'way-back-failed':
    case 'quarantine-lifted':
    case 'page-sent':
    case 'page-late':
    case 'page-failed':
    case 'page-answered':
      return null;
  }
};
