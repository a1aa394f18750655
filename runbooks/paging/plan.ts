import type { LedgerEvent } from '../events.ts';
import type { RolloutState } from '../state.ts';
import type { ChangeFacts, PageFacts } from './facts.ts';
import type { PageSeverity } from './page-block.ts';
import { capped } from './page-block.ts';
import type { PageStory } from './story.ts';
import { heed } from './story.ts';

/** One thing that somebody is to be told. */
export type PageTell =
  | {
      readonly to: 'pager';
      readonly do: 'trigger';
      readonly severity: PageSeverity;
      readonly facts: PageFacts;
    }
  | { readonly to: 'pager'; readonly do: 'resolve' }
  | { readonly to: 'changes'; readonly facts: ChangeFacts }
  /** `silent`: it waits for its metrics; `back`: they answer again; `left`: it waits no longer, whatever they do. */
  | { readonly to: 'source'; readonly do: 'silent' | 'back' | 'left'; readonly sentence: string };

export type Told = { readonly story: PageStory; readonly tells: readonly PageTell[] };

const going: ReadonlySet<RolloutState> = new Set(['deploying', 'ramping', 'watching']);

/** What one event of a rollout means to those who are paged. Pure. */
export const planPages = (before: PageStory, event: LedgerEvent): Told => {
  const story = heed(before, event);
  const { body, at } = event;
  switch (body.type) {
    case 'planned': {
      const begun = before.started ? said(story) : change(story, at, 'started', { plan: body.hash });
      if (story.kind !== 'recover' || before.alert !== null) return begun;
      return then(begun, (now) =>
        trigger(
          now,
          at,
          'error',
          'lost its run',
          'Its run was ended in Temporal: the traffic is taken back.',
        ),
      );
    }
    case 'verdict': {
      const silent = body.verdict.kind === 'inconclusive' && body.verdict.reason === 'no-data';
      return story.silent && !silent ? source(story, 'back', body.verdict.sentence) : said(story);
    }
    case 'watch-resumed':
      return story.silent ? source(story, 'back', body.sentence) : said(story);
    case 'state': {
      if (body.state === 'inconclusive') return asked(story, at);
      return going.has(body.state) && story.alert === 'warning' ? resolve(story) : said(story);
    }
    case 'way-back': {
      if (body.actions.length === 0) return said(story);
      const { by, sentence } = body.cause;
      const changed = change(story, at, `goes back to ${story.from ?? 'nothing'}`, { cause: sentence });
      // A person who takes it back, or asks for a newer one, is there already.
      return by === 'person' || by === 'newer'
        ? changed
        : then(changed, (now) => trigger(now, at, 'error', 'is rolled back', sentence));
    }
    case 'stuck':
      if (body.then === 'page') return trigger(story, at, 'warning', 'is stuck', body.sentence);
      if (body.then === 'told')
        return trigger(story, at, 'critical', 'is stuck on its way back', body.sentence);
      // The way back tells of itself.
      return said(story);
    case 'way-back-failed':
      return trigger(story, at, 'critical', 'can not be rolled back', body.problem.message);
    case 'verified': {
      const heard = body.recovered && story.silent ? source(story, 'back', body.sentence) : said(story);
      if (body.recovered) return then(heard, resolve);
      const returned = story.cause !== null || story.kind !== 'deploy';
      if (!returned) return heard;
      return then(heard, (now) =>
        trigger(now, at, 'critical', 'is not well after the way back', body.sentence),
      );
    }
    case 'promoted':
      return change(story, at, 'promoted', { digest: body.release.digest });
    case 'command':
      return body.command === 'page' && body.refusal === null
        ? trigger(story, at, 'critical', 'needs you', `Paged by ${event.actor?.id ?? 'nobody'}.`)
        : said(story);
    case 'closed':
      return end(story, at, body);
    case 'requested':
    case 'refused':
    case 'step-started':
    case 'step-done':
    case 'step-failed':
    case 'step-skipped':
    case 'watch-started':
    case 'traffic-back':
    case 'retired':
    case 'approval':
    case 'contract':
    case 'quarantine-lifted':
    case 'keep-closed':
    case 'page-sent':
    case 'page-late':
    case 'page-failed':
    case 'page-answered':
      return said(story);
  }
};

/** The time has come that `stuckAt` names. */
export const planStuck = (story: PageStory, at: string): Told =>
  trigger(
    { ...story, stuckAt: null },
    at,
    'critical',
    'is stuck on its way back',
    `The traffic is not back a minute after it was decided. ${story.cause?.sentence ?? ''}`.trim(),
  );

const said = (story: PageStory, tells: readonly PageTell[] = []): Told => ({ story, tells });

const then = (first: Told, next: (story: PageStory) => Told): Told => {
  const { story, tells } = next(first.story);
  return { story, tells: [...first.tells, ...tells] };
};

/** Silence of a source is one incident for all who wait for it; every other doubt is the rollout's own. */
const asked = (story: PageStory, at: string): Told => {
  const doubt = story.checks.at(-1) ?? 'The gate can not tell.';
  if (story.unclear === 'no-data')
    return story.silent ? said(story) : source({ ...story, silent: true }, 'silent', doubt);
  return trigger(story, at, 'warning', 'can not be judged', doubt);
};

const source = (story: PageStory, does: 'silent' | 'back' | 'left', sentence: string): Told =>
  said({ ...story, silent: does === 'silent' }, [{ to: 'source', do: does, sentence }]);

const resolve = (story: PageStory): Told =>
  story.alert === null ? said(story) : said({ ...story, alert: null }, [{ to: 'pager', do: 'resolve' }]);

const end = (
  story: PageStory,
  at: string,
  { state, sentence }: { readonly state: RolloutState; readonly sentence: string },
): Told => {
  const told = state === 'succeeded' ? change(story, at, 'done', { outcome: sentence }) : said(story);
  const left = then(told, (now) => (now.silent ? source(now, 'left', sentence) : said(now)));
  // What a person has taken over, or what is not well, a person has to end.
  const open = state === 'rolled-back-by-hand' || story.recovered === false;
  return open ? left : then(left, resolve);
};

const change = (
  story: PageStory,
  at: string,
  what: string,
  details: Readonly<Record<string, string>>,
): Told => {
  const { rolloutId, service, environment, from, version } = story;
  const moved = from === null ? version : `${from} → ${version}`;
  const sentence = `${service} ${moved} in ${environment}: ${what}`;
  return said(story, [
    { to: 'changes', facts: { rolloutId, service, environment, what: sentence, details, at } },
  ]);
};

const trigger = (story: PageStory, at: string, severity: PageSeverity, what: string, cause: string): Told => {
  const { rolloutId, kind, service, environment, from, version, limit, checks, actor, owners } = story;
  const urgency = capped(severity, story.most);
  const facts: PageFacts = {
    of: 'rollout',
    ...{
      rolloutId,
      kind,
      service,
      environment,
      from,
      version,
      what,
      cause,
      limit,
      checks,
      actor,
      owners,
      at,
    },
    step: story.step === null ? null : (story.titles[story.step] ?? null),
    commands: commandsOf(story, what),
  };
  return said({ ...story, alert: urgency }, [{ to: 'pager', do: 'trigger', severity: urgency, facts }]);
};

const commandsOf = ({ rolloutId, byHand, unclear, closed }: PageStory, what: string): readonly string[] => [
  `sluice status ${rolloutId}`,
  `sluice why ${rolloutId}`,
  ...(unclear === null || closed || what !== 'can not be judged'
    ? []
    : [`sluice extend ${rolloutId}`, `sluice accept ${rolloutId}`, `sluice abort ${rolloutId}`]),
  ...(byHand.length === 0 ? [] : [...byHand, `sluice retry ${rolloutId}`, `sluice take-over ${rolloutId}`]),
];
