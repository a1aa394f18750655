import type { RolloutState } from '../../runbooks/state.ts';
import type { Verdict } from '../../runbooks/verdict.ts';
import type { Message } from '../../src/slack/render/message.ts';
import { renderMessage } from '../../src/slack/render/message.ts';
import { breach, pass, samplesOf, Story } from '../../test/src/api/story.ts';
import type { Scene } from '../../test/src/cli/stories.ts';
import { sceneOf } from '../../test/src/cli/stories.ts';

/** A rollout that came to the state as rollouts do: its events, and what the gate had read by then. */
type Tale = { readonly story: Story; readonly samples?: ReturnType<typeof samplesOf> };

const well = { canary: 0.003, baseline: 0.003 };
const ill = { canary: 0.031, baseline: 0.003 };
const version = '2.2.0';
const hour = 3600;

const planned = (): Story => new Story(version).planned();
const asking = (): Story =>
  new Story(version, { texts: { reason: 'faster checkout', 'override.window': 'the fix is for tonight' } })
    .planned(undefined, ['The check window is overridden: production takes deploys from 08:00 to 16:00.'])
    .state('awaiting-approval', 4 * hour, 'it expires; so far 0 of 1 approval by release-managers');
const inWatch = (): Story => planned().stepsUpTo(4).watching(4);
const goingBack = (): Story => inWatch().after(14).verdict(4, breach).goesBack('breach', breach.sentence);
const isBack = (story: Story): Story =>
  story.after(0.412).note({ type: 'traffic-back', afterMs: 412 }).after(2).note({
    type: 'verified',
    recovered: true,
    sentence: '2.0.4 is well: 0.3 % of 540 requests failed, 1 of 1 smoke tests passed',
  });
const closed = (story: Story, state: RolloutState, sentence: string): Story =>
  story.note({ type: 'closed', state, sentence });

const away = {
  code: 'TARGET_UNAVAILABLE',
  message: 'haproxy at /run/haproxy.sock does not answer.',
} as const;
const handedOver = (): Story =>
  goingBack()
    .after(60)
    .note({
      type: 'way-back-failed',
      problem: away,
      byHand: ['echo "set weight shop/stable 256; set weight shop/canary 0" | socat - /run/haproxy.sock'],
    })
    .state('rollback-failed', null, 'retry or take over');

const noTraffic: Verdict = {
  ...pass,
  ...{ kind: 'inconclusive' as const, reason: 'no-traffic', canary: { requests: 0, errors: 0 } },
  sentence: 'The canary had no request in 30 s: this is not evidence of health.',
};

/** In the order in which a rollout may come by them. */
const tales: Readonly<Record<RolloutState, () => Tale>> = {
  requested: () => ({ story: new Story(version) }),
  queued: () => ({
    story: new Story(version).state('queued', 0, 'it starts once the rollout before it has succeeded'),
  }),
  planning: () => ({ story: new Story(version).state('planning') }),
  'awaiting-approval': () => ({ story: asking() }),
  deploying: () => ({
    story: planned().stepsUpTo(1).state('deploying').note({ type: 'step-started', step: 1 }),
  }),
  ramping: () => ({
    story: planned().stepsUpTo(5).state('ramping').note({ type: 'step-started', step: 5 }),
  }),
  watching: () => ({ story: inWatch().after(12), samples: samplesOf(12, well) }),
  inconclusive: () => ({
    story: inWatch()
      .after(30)
      .verdict(4, noTraffic)
      .state('inconclusive', hour / 2, 'the way back, unless a person says otherwise'),
  }),
  held: () => ({
    story: inWatch().after(12).said('hold', 'hold', null, 'let us look').state('held', hour, '50 % to 2.2.0'),
    samples: samplesOf(12, well),
  }),
  frozen: () => ({
    story: planned()
      .stepsUpTo(5)
      .state('frozen', 12 * hour, '50 % to 2.2.0, once the freeze is over (weekend)'),
  }),
  'rolling-back': () => ({ story: goingBack(), samples: samplesOf(14, ill) }),
  'rolled-back': () => ({
    story: closed(isBack(goingBack()), 'rolled-back', breach.sentence),
    samples: samplesOf(14, ill),
  }),
  'rollback-failed': () => ({ story: handedOver(), samples: samplesOf(14, ill) }),
  succeeded: () => ({
    story: closed(planned().stepsUpTo(99), 'succeeded', `shop ${version} has all traffic in production.`),
  }),
  aborted: () => ({
    story: closed(
      isBack(
        inWatch()
          .after(5)
          .said('abort', 'way-back', null, 'wrong version')
          .goesBack('person', 'abort said by ana, with a reason.'),
      ),
      'aborted',
      'abort said by ana, with a reason.',
    ),
    samples: samplesOf(5, well),
  }),
  denied: () => ({
    story: closed(asking().after(300).said('deny', 'deny'), 'denied', 'Denied by bo. Nothing has run.'),
  }),
  expired: () => ({
    story: closed(
      asking().after(4 * hour),
      'expired',
      'Not approved within 4 h: 0 of 1 approval by release-managers. Nothing has run.',
    ),
  }),
  refused: () => ({
    story: closed(
      new Story(version).note({
        type: 'refused',
        problems: [
          {
            code: 'WATCH_TOO_SHORT',
            message: '15 min are too short for this traffic: a rise by 1 point stays unseen.',
            hint: 'To exclude +1 point: about 44 minutes. Those who may can pass over it: --override window:"REASON".',
            details: { check: 'window' },
          },
        ],
      }),
      'refused',
      '15 min are too short for this traffic: a rise by 1 point stays unseen.',
    ),
  }),
  superseded: () => ({
    story: closed(
      planned().stepsUpTo(3),
      'superseded',
      'Its run is gone from Temporal, and a newer rollout has the traffic.',
    ),
  }),
  'rolled-back-by-hand': () => ({
    story: closed(handedOver().after(120), 'rolled-back-by-hand', 'A person took the way back over.'),
    samples: samplesOf(14, ill),
  }),
};

/** Ana asked for it; Bo answers. */
const withPeople = (story: Story): Story => {
  const events = story.events.map((event) => {
    const who = event.body.type === 'command' && event.body.command === 'deny' ? 'bo' : 'ana';
    return { ...event, actor: { id: who, via: 'slack', groups: [], name: who } as const };
  });
  story.events.splice(0, events.length, ...events);
  return story;
};

const scene = ({ story, samples }: Tale): Scene => sceneOf(withPeople(story), samples);

/** What one state looks like: the message, and the time at which somebody looks at it. */
export type Shot = { readonly state: RolloutState; readonly message: Message; readonly now: number };

/** One for every state of the table, each rendered as a worker does it. Pure. */
export const shots = (): readonly Shot[] =>
  (Object.keys(tales) as RolloutState[]).map((state) => {
    const { model, now } = scene(tales[state]());
    if (model.state !== state) throw new Error(`The tale of ${state} ends as ${model.state}.`);
    const frame = { now, publicUrl: 'https://sluice.example.com', buttons: true };
    const message = renderMessage(model, { ...frame, asOf: new Date(now).toISOString() });
    return { state, message, now };
  });
