import type { PageAction, PageAnswer } from '../../runbooks/paging/events.ts';
import type { Runbook } from '../../runbooks/runbook.ts';
import type { CountsList } from '../api/schemas/answers.ts';
import type { StepState, StoredEvent } from '../store/views.ts';
import type { LiveModel, LiveWatch } from './model.ts';
import type { Said } from './say-event.ts';
import { sayEvent } from './say-event.ts';

const mostPoints = 2000;

/** The model after one more event of the rollout; one that was heard already changes nothing. */
export const heedEvent = (model: LiveModel, event: StoredEvent): LiveModel => {
  if (event.position <= model.position) return model;
  const said = sayEvent(model, event);
  return {
    ...model,
    ...changesOf(model, event, said),
    position: event.position,
    log: said === null ? model.log : [...model.log, { ...said, at: event.at }],
  };
};

/** What is new of the running watch's samples; those that came before, as after a reconnection, are passed over. */
export const heedCounts = (model: LiveModel, { watch, points }: CountsList): LiveModel => {
  const current = model.watch;
  if (current?.watch !== watch) return model;
  const last = current.points.at(-1)?.t ?? Number.NEGATIVE_INFINITY;
  const fresh = points.filter(({ t }) => t > last);
  if (fresh.length === 0) return model;
  return { ...model, watch: { ...current, points: thinned([...current.points, ...fresh]) } };
};

/** A watch of days: every other point is as good a chart. */
const thinned = (points: LiveWatch['points']): LiveWatch['points'] =>
  points.length <= mostPoints ? points : points.filter((_, i) => i % 2 === 0 || i === points.length - 1);

const sentPage: Readonly<Record<PageAction, LiveModel['page']>> = {
  trigger: 'open',
  acknowledge: 'acknowledged',
  resolve: null,
};
const answeredPage: Readonly<Record<PageAnswer, LiveModel['page']>> = {
  acknowledged: 'acknowledged',
  unacknowledged: 'open',
  resolved: null,
  reopened: 'open',
};

/** The alert of a silent metrics source is many rollouts', and nobody's own. */
const ofSource = ({ incident }: { readonly incident: string }): boolean =>
  incident.startsWith('sluice/source/');

/** Their reasons are people's own words, and stand beside the chain under the check's name. */
const overridesIn = (texts: StoredEvent['texts']): LiveModel['overrides'] =>
  Object.entries(texts).flatMap(([name, reason]) => {
    const [, check] = /^override\.(.+)$/.exec(name) ?? [];
    return check === undefined ? [] : [{ check, reason }];
  });

const changesOf = (
  model: LiveModel,
  { at, actor, body, texts }: StoredEvent,
  said: Said | null,
): Partial<LiveModel> => {
  switch (body.type) {
    case 'requested': {
      const { kind, service, environment, version } = body;
      const by = { actor: actor?.name ?? actor?.id ?? 'nobody', requester: actor?.id ?? null };
      const asked = { ...by, reason: texts['reason'] ?? null };
      const overrides = overridesIn(texts);
      return { kind, service, environment, version, ...asked, overrides, requestedAt: at };
    }
    case 'planned':
      return { ...planned(body.runbook), hash: body.hash, warnings: body.warnings };
    case 'refused':
      return { problems: body.problems };
    case 'state':
      // One that is told late does not open a closed rollout again.
      if (model.endedAt !== null) return {};
      return { state: body.state, until: body.until, next: body.next };
    case 'step-started':
      return { ...stepTo(model, body.step, 'running', at), ...movingTo(model, body.step) };
    case 'stuck':
      return { stuck: body.sentence };
    case 'step-done':
      return { stuck: null, ...stepTo(model, body.step, 'done', at), ...movedTo(model, body.step) };
    case 'step-failed':
      return {
        stuck: null,
        ...stepTo(model, body.step, 'failed', at),
        problems: [...model.problems, body.problem],
      };
    case 'step-skipped':
      return stepTo(model, body.step, 'skipped', at);
    case 'watch-started':
      return { watch: watchOf(model, body) };
    case 'verdict':
      if (model.watch?.watch !== body.watch) return {};
      return { watch: { ...model.watch, verdict: body.verdict } };
    case 'way-back':
      return { stuck: null, cause: body.cause, ...brokenOff(model, at), ...backTo(body.actions) };
    case 'traffic-back':
      return {
        stuck: null,
        trafficBackMs: body.afterMs,
        weights: model.moving ?? model.weights,
        moving: null,
      };
    case 'way-back-failed':
      return { stuck: null, byHand: body.byHand, problems: [...model.problems, body.problem] };
    case 'verified':
      return { recovered: body.recovered, verified: body.sentence };
    case 'closed':
      return { state: body.state, sentence: body.sentence, endedAt: at, until: null, next: null };
    case 'command':
      if (body.effect === 'hold' && said !== null) return { held: `held ${said.text}` };
      if (body.effect === 'way-back' && said !== null) return { sentBack: `${body.command} ${said.text}` };
      return {};
    case 'watch-resumed':
    case 'promoted':
    case 'retired':
    case 'approval':
    case 'page-late':
    case 'page-failed':
      return {};
    case 'contract': {
      const { sentence, until } = body;
      return { contract: body.is === 'asked' || body.is === 'reminder' ? { sentence, until } : null };
    }
    case 'keep-closed':
      return { contract: null };
    case 'quarantine-lifted':
      return { lifted: true };
    case 'page-sent':
      return ofSource(body) ? {} : { page: sentPage[body.action] };
    case 'page-answered':
      return ofSource(body) ? {} : { page: answeredPage[body.answer] };
    default:
      body satisfies never;
      return {};
  }
};

const planned = (runbook: Runbook): Partial<LiveModel> => ({
  version: runbook.to.version,
  from: runbook.from?.version ?? null,
  warm: runbook.kind === 'deploy' && runbook.from !== null,
  limit: runbook.gates.errors.max,
  extend: runbook.gates.onInconclusive.extend,
  owners: runbook.owners,
  approvers: runbook.approval?.by ?? [],
  selfApproves: runbook.approval?.self ?? false,
  weights: runbook.from === null ? null : { [runbook.from.version]: 100 },
  steps: runbook.steps.map((step) => ({ step, state: 'pending', startedAt: null, endedAt: null })),
});

const stepTo = (model: LiveModel, index: number, state: StepState, at: string): Partial<LiveModel> => ({
  steps: model.steps.map((step, i) => {
    if (i !== index) return step;
    return state === 'running'
      ? { ...step, state, startedAt: step.startedAt ?? at, endedAt: null }
      : { ...step, state, endedAt: at };
  }),
});

const movingTo = (model: LiveModel, index: number): Partial<LiveModel> => {
  const step = model.steps[index]?.step;
  return step?.kind === 'shift' ? { moving: step.weights } : {};
};

const movedTo = (model: LiveModel, index: number): Partial<LiveModel> => {
  const step = model.steps[index]?.step;
  return step?.kind === 'shift' ? { weights: step.weights, moving: null } : {};
};

const brokenOff = (model: LiveModel, at: string): Partial<LiveModel> => ({
  steps: model.steps.map((step) =>
    step.state === 'running' ? { ...step, state: 'failed', endedAt: at } : step,
  ),
});

const backTo = (
  actions: Extract<StoredEvent['body'], { type: 'way-back' }>['actions'],
): Partial<LiveModel> => {
  const shift = actions.find((action) => action.do === 'shift');
  return { moving: shift === undefined ? null : shift.weights };
};

const watchOf = (
  model: LiveModel,
  body: Extract<StoredEvent['body'], { type: 'watch-started' }>,
): LiveWatch | null => {
  const step = model.steps[body.step]?.step;
  if (step?.kind !== 'watch') return model.watch;
  const { watch, startsAt, endsAt } = body;
  const percent = Object.entries(model.weights ?? {}).find(([version]) => version === step.canary)?.[1];
  return {
    ...{ watch, step: body.step, startsAt, endsAt },
    ...{ canary: step.canary, baseline: step.baseline, percent: percent ?? step.percent },
    points: [],
    verdict: null,
  };
};
