import { condition, setHandler, workflowInfo } from '@temporalio/workflow';
import type { PageEvent } from '../runbooks/paging/events.ts';
import { sourceIncident } from '../runbooks/paging/incident.ts';
import { capped } from '../runbooks/paging/page-block.ts';
import { sourceSignal } from './delivery-messages.ts';
import { Journal } from './journal.ts';
import { Pager } from './pager.ts';
import type { SourceInput, SourceNews } from './telling.ts';

/**
 * Owns the one incident of a silent metrics source, however many rollouts wait for it: opened by the first, told anew
 * with all of them when another one joins, resolved when nobody waits any more and the source was seen to answer. Where the last of them gave up on a source that is
 * silent still, the incident stays for a person.
 */
export async function source({ hash, source: address, page, settings }: SourceInput): Promise<void> {
  const incident = sourceIncident(hash);
  const waiting = new Map<string, SourceNews>();
  const involved = new Set<string>();
  const journal = new Journal(incident, 'deliver', settings);
  let noted = 0;
  // Whose story each order belongs in, in the order of the alerts: one that joins is no news to the others.
  const readers: (readonly string[])[] = [];
  let open = false;
  let answers = false;

  const write = (rolloutId: string, body: PageEvent): void => {
    noted += 1;
    const at = new Date(Date.now()).toISOString();
    // A later incident of the same source is another run.
    const id = `source/${workflowInfo().runId.slice(0, 8)}/${String(noted)}`;
    journal.takeOver([{ rolloutId, id, at, actor: null, body, texts: {} }]);
  };
  const pager = new Pager(page, settings, incident, (body) => {
    for (const rolloutId of readers[0] ?? []) write(rolloutId, body);
    // One that is late goes on until it is sent or can't be.
    if (body.type !== 'page-late') readers.shift();
  });

  setHandler(sourceSignal, (news) => {
    const { rolloutId } = news;
    if (news.do === 'silent') {
      const known = open && waiting.has(rolloutId);
      waiting.set(rolloutId, news);
      answers = false;
      involved.add(rolloutId);
      if (known) return;
      open = true;
      readers.push([rolloutId]);
      pager.order({ ...trigger(address, [...waiting.values()], page.pagerduty.severity), thread: null });
      return;
    }
    if (!waiting.delete(rolloutId)) return;
    answers ||= news.do === 'back';
    if (waiting.size > 0 || !answers) return;
    open = false;
    readers.push([...involved]);
    pager.order({ do: 'resolve' });
  });
  pager.run();
  void journal.drain();
  await condition(() => involved.size > 0 && waiting.size === 0 && pager.idle && journal.drained);
}

const trigger = (
  source: string,
  news: readonly SourceNews[],
  most: SourceInput['page']['pagerduty']['severity'],
) => {
  const [first] = news;
  return {
    do: 'trigger' as const,
    severity: capped('warning', most),
    facts: {
      of: 'source' as const,
      source,
      waiting: news.map(({ rolloutId, place }) => ({ rolloutId, ...place })),
      owners: [...new Set(news.flatMap(({ owners }) => owners))],
      cause: first?.sentence ?? '',
      commands: ['sluice doctor', ...news.map(({ rolloutId }) => `sluice status ${rolloutId}`)],
      at: first?.at ?? '',
    },
  };
};
