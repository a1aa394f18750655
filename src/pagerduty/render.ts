import type { ChangeFacts, PageFacts, SourceFacts } from '../../runbooks/paging/facts.ts';
import type { PageBlock } from '../../runbooks/paging/page-block.ts';
import type { PageOrder } from '../../workflows/telling.ts';
import type { AlertEvent, ChangeEvent, TriggerEvent } from './events.ts';
import { longestSummary } from './events.ts';

/** What an event is made with besides its facts. */
export type Frame = {
  readonly routingKey: string;
  /** Where people reach Sluice; `null`: nowhere that a link could lead to. */
  readonly publicUrl: string | null;
  readonly runbook: string | null;
};

export const frameOf = (page: PageBlock, routingKey: string, publicUrl: string | null): Frame => ({
  routingKey,
  publicUrl,
  runbook: page.runbook ?? null,
});

/** An order as PagerDuty takes it. Pure: the same order gives the same bytes. */
export const renderAlert = (order: PageOrder, frame: Frame): AlertEvent => {
  const common = { routing_key: frame.routingKey, dedup_key: order.incident };
  if (order.do !== 'trigger') return { ...common, event_action: order.do };
  const { facts, severity, thread } = order;
  const { summary, source, component, group, kind, details, console } =
    facts.of === 'rollout' ? ofRollout(facts, frame) : ofSource(facts, frame);
  return {
    ...common,
    event_action: 'trigger',
    client: 'Sluice',
    ...(console === null ? {} : { client_url: console }),
    links: links([
      ['Sluice', console],
      ['Thread in Slack', thread],
      ['Runbook', frame.runbook],
    ]),
    payload: {
      ...{ summary, severity, source, component, group, class: kind },
      timestamp: facts.at,
      custom_details: details,
    },
  };
};

/** What changed. */
export const renderChange = (facts: ChangeFacts, frame: Frame): ChangeEvent => ({
  routing_key: frame.routingKey,
  links: links([['Sluice', consoleOf(facts.rolloutId, frame)]]),
  payload: {
    summary: cut(facts.what, longestSummary),
    source: sourceOf(facts),
    timestamp: facts.at,
    custom_details: { ...facts.details, rollout: facts.rolloutId },
  },
});

/** The one line that a person on call is woken with. */
export const summaryOf = (facts: PageFacts | SourceFacts): string => {
  if (facts.of === 'source') {
    const who = facts.waiting.map(({ service, environment }) => `${service} (${environment})`).join(', ');
    return cut(`Metrics of ${facts.source} are silent: ${who} wait. ${facts.cause}`, longestSummary);
  }
  const { service, environment, from, version, what, cause, limit } = facts;
  const moved = from === null ? version : `${from} → ${version}`;
  const held = limit === null || cause.includes('limit') ? '' : ` (limit ${limit})`;
  const head = `${service} ${moved} in ${environment} ${what}: `;
  return `${head}${cut(cause, longestSummary - head.length - held.length)}${held}`;
};

type Parts = Pick<TriggerEvent['payload'], 'summary' | 'source' | 'component' | 'group'> & {
  readonly kind: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly console: string | null;
};

const ofRollout = (facts: PageFacts, frame: Frame): Parts => ({
  summary: summaryOf(facts),
  source: sourceOf(facts),
  component: facts.service,
  group: facts.environment,
  kind: `${facts.kind} ${facts.what}`,
  console: consoleOf(facts.rolloutId, frame),
  details: {
    ...(facts.step === null ? {} : { step: facts.step }),
    cause: facts.cause,
    'failing checks': facts.checks,
    'asked for by': facts.actor,
    owners: facts.owners,
    'commands to run': facts.commands,
    rollout: facts.rolloutId,
  },
});

const ofSource = (facts: SourceFacts, { publicUrl }: Frame): Parts => ({
  summary: summaryOf(facts),
  source: cut(facts.source, 200),
  component: 'metrics',
  group: facts.waiting[0]?.environment ?? 'metrics',
  kind: 'metrics silent',
  console: publicUrl,
  details: {
    cause: facts.cause,
    'rollouts that wait': facts.waiting.map(
      ({ service, environment, rolloutId }) => `${service} in ${environment}: ${rolloutId}`,
    ),
    owners: facts.owners,
    'commands to run': facts.commands,
  },
});

const sourceOf = (place: { readonly service: string; readonly environment: string }): string =>
  `${place.service}.${place.environment}`;

const consoleOf = (rolloutId: string, { publicUrl }: Frame): string | null =>
  publicUrl === null ? null : `${publicUrl.replace(/\/+$/, '')}/rollouts/${encodeURIComponent(rolloutId)}`;

const links = (all: readonly (readonly [text: string, href: string | null])[]) =>
  all.flatMap(([text, href]) => (href === null ? [] : [{ href, text }]));

/** At most so many characters, whole ones. */
const cut = (text: string, most: number): string => {
  if (text.length <= most) return text;
  const kept = text.slice(0, Math.max(0, most - 1));
  return `${/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
};
