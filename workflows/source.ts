import { condition, setHandler, workflowInfo } from '@temporalio/workflow';
import type { PageEvent } from '../runbooks/paging/events.ts';
import { sourceIncident } from '../runbooks/paging/incident.ts';
import { capped } from '../runbooks/paging/page-block.ts';
import { sourceSignal } from './delivery-messages.ts';
import { Journal } from './journal.ts';
import { Pager } from './pager.ts';
import type { SourceInput, SourceNews } from './telling.ts';

/**
 * Owns the one incident of a silent metrics source, however many rollouts wait for it: opened by the first, resolved
 * when nobody waits any more and the source was seen to answer. Where the last of them gave up on a source that is
 * silent still, the incident stays for a person.
 */
export async function source({ hash, source: address, page, settings }: SourceInput): Promise<void> {
  const incident = sourceIncident(hash);
  const waiting = new Map<string, SourceNews>();
  const involved = new Set<string>();
  const journal = new Journal(incident, 'deliver', settings);
  let noted = 0;
  let triggered: PageEvent | null = null;
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
    if (body.type !== 'page-answered' && body.action === 'trigger') triggered = body;
    for (const rolloutId of involved) write(rolloutId, body);
  });

  setHandler(sourceSignal, (news) => {
    const { rolloutId } = news;
    if (news.do === 'silent') {
      waiting.set(rolloutId, news);
      answers = false;
      if (!involved.has(rolloutId) && triggered !== null) write(rolloutId, triggered);
      involved.add(rolloutId);
      if (!open) {
        open = true;
        pager.order({ ...trigger(address, [...waiting.values()], page.pagerduty.severity), thread: null });
      }
      return;
    }
    if (!waiting.delete(rolloutId)) return;
    answers ||= news.do === 'back';
    if (waiting.size > 0 || !answers) return;
    open = false;
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
