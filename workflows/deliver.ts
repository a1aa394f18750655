import { condition, continueAsNew, setHandler, workflowInfo } from '@temporalio/workflow';
import type { LedgerEvent } from '../runbooks/events.ts';
import { rolloutIncident } from '../runbooks/paging/incident.ts';
import type { PageTell, Told } from '../runbooks/paging/plan.ts';
import { planPages, planStuck } from '../runbooks/paging/plan.ts';
import type { PageStory } from '../runbooks/paging/story.ts';
import { beginStory } from '../runbooks/paging/story.ts';
import { Announcing } from './announcing.ts';
import { acknowledgeSignal, handOverSignal, holdsQuery, newsSignal } from './delivery-messages.ts';
import { Journal } from './journal.ts';
import { Lane } from './lane.ts';
import { Pager } from './pager.ts';
import { sourceTeller } from './profiles.ts';
import type { DeliverInput, SourceNews } from './telling.ts';

/**
 * Tells people and the ledger of one rollout: pages, messages and what the rollout could not write, each in order, none
 * waiting for another, for as long as it takes. Lives from the rollout's beginning until the last of them is delivered;
 * nothing that it waits for is ever waited for by the rollout.
 */
export async function deliver(input: DeliverInput): Promise<void> {
  const delivery = new Delivery(input);
  delivery.listen();
  await delivery.run();
}

class Delivery {
  readonly #input: DeliverInput;
  readonly #journal: Journal;
  readonly #pager: Pager | null;
  readonly #slack: Announcing | null;
  readonly #sources: Lane<SourceNews>;
  #story: PageStory;

  constructor(input: DeliverInput) {
    const { rolloutId, place, channels, settings, carried } = input;
    this.#input = input;
    this.#journal = new Journal(rolloutId, 'deliver', settings, {
      count: carried?.noted ?? 0,
      // What became of a page is said in the thread, too.
      tell: (event) => this.#slack?.push(event),
    });
    this.#journal.takeOver(input.ledger);
    this.#pager =
      channels.page === null
        ? null
        : new Pager(
            channels.page,
            settings,
            rolloutIncident({ ...place, rolloutId }),
            (event, actor) => this.#journal.note(event, { actor }),
            carried?.orders ?? 0,
          );
    this.#slack =
      channels.slack === null
        ? null
        : new Announcing({
            ...{ rolloutId, place, slack: channels.slack, settings },
            ...{ state: carried?.state ?? null, revision: carried?.revision ?? 0 },
            message: carried?.message ?? null,
          });
    this.#sources = new Lane((news) => this.#tellSource(news));
    this.#story = carried?.story ?? storyOf(input);
  }

  listen(): void {
    setHandler(newsSignal, (events) => {
      for (const event of events) this.#heed(event);
    });
    for (const event of this.#input.news ?? []) this.#heed(event);
    setHandler(handOverSignal, (events) => this.#journal.takeOver(events));
    setHandler(acknowledgeSignal, (by) => {
      if (this.#story.alert !== null) this.#pager?.order({ do: 'acknowledge', by });
    });
    setHandler(holdsQuery, () => !this.#journal.drained);
    void this.#journal.drain();
    this.#pager?.run();
    void this.#slack?.run();
    void this.#sources.run();
  }

  /** Until everything is told; meanwhile a way back that gets stuck is noticed. */
  async run(): Promise<void> {
    for (;;) {
      const { stuckAt } = this.#story;
      const moved = (): boolean => this.#over() || this.#long() || this.#story.stuckAt !== stuckAt;
      if (stuckAt === null) await condition(moved);
      else if (!(await condition(moved, Math.max(1, stuckAt - Date.now())))) {
        this.#carryOut(planStuck(this.#story, new Date(Date.now()).toISOString()));
      }
      if (this.#over()) return;
      if (this.#long()) await continueAsNew<typeof deliver>(this.#further());
    }
  }

  #idle(): boolean {
    const { drained } = this.#journal;
    return drained && this.#sources.idle && this.#pager?.idle !== false && this.#slack?.idle !== false;
  }

  #over(): boolean {
    return (this.#story.closed || !this.#input.follows) && this.#idle();
  }

  /** Weeks of a held rollout make a long history. */
  #long(): boolean {
    return workflowInfo().continueAsNewSuggested && this.#idle();
  }

  #further(): DeliverInput {
    const slack = this.#slack;
    return {
      ...this.#input,
      ledger: [],
      news: [],
      carried: {
        story: this.#story,
        noted: this.#journal.count,
        orders: this.#pager?.count ?? 0,
        state: slack?.state ?? null,
        revision: slack?.revision ?? 0,
        message: slack?.message ?? null,
      },
    };
  }

  #heed(event: LedgerEvent): void {
    this.#slack?.push(event);
    this.#carryOut(planPages(this.#story, event));
  }

  #carryOut({ story, tells }: Told): void {
    this.#story = story;
    if (this.#pager !== null) for (const tell of tells) this.#tell(this.#pager, tell);
  }

  #tell(pager: Pager, tell: PageTell): void {
    switch (tell.to) {
      case 'pager':
        if (tell.do === 'resolve') pager.order({ do: 'resolve' });
        else pager.order({ ...tellOf(tell), thread: this.#slack?.message?.permalink ?? null });
        return;
      case 'changes':
        pager.change(tell.facts);
        return;
      case 'source':
        this.#sources.push({
          ...{ do: tell.do, sentence: tell.sentence, rolloutId: this.#input.rolloutId },
          ...{ place: this.#input.place, owners: this.#input.file.owners },
          at: new Date(Date.now()).toISOString(),
        });
        return;
    }
  }

  async #tellSource(news: SourceNews): Promise<void> {
    const { channels, settings, file } = this.#input;
    if (channels.page === null) return;
    await sourceTeller(settings).tellSource({ news, settings, page: channels.page, source: file.source });
  }
}

type Trigger = Extract<PageTell, { do: 'trigger' }>;

const tellOf = ({ severity, facts }: Trigger) => ({ do: 'trigger' as const, severity, facts });

const storyOf = ({ rolloutId, place, kind, version, actor, file, channels }: DeliverInput): PageStory =>
  beginStory({
    ...{ rolloutId, kind, version, owners: file.owners, actor: `${actor.id} (${actor.via})` },
    ...{ service: place.service, environment: place.environment },
    most: channels.page?.pagerduty.severity ?? 'critical',
  });
