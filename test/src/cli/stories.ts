import { Counting } from '../../../src/api/counting.ts';
import type { LiveModel } from '../../../src/story/model.ts';
import { emptyModel } from '../../../src/story/model.ts';
import { heedCounts, heedEvent } from '../../../src/story/reduce.ts';
import { breach, pass, samplesOf, Story } from '../api/story.ts';

/** A rollout as somebody might find it: its model and the time at which it is looked at. */
export type Scene = { readonly model: LiveModel; readonly now: number };

/** The model of a story, the samples heard while their watch ran. */
export const sceneOf = (story: Story, samples: ReturnType<typeof samplesOf> = [], watch = 0): Scene => {
  const counting = new Counting(0);
  const points = samples.map((sample) => counting.add(sample));
  let model = emptyModel(story.id);
  for (const event of story.events) {
    model = heedEvent(model, event);
    if (event.body.type === 'watch-started' && event.body.watch === watch) {
      model = heedCounts(model, { watch, points });
    }
  }
  return { model, now: story.now };
};

const bad = { canary: 0.031, baseline: 0.003 };
const well = { canary: 0.003, baseline: 0.003 };

const inWatch = (version = '2.2.0') => new Story(version).planned().stepsUpTo(4).watching(4);

const breached = () => inWatch().after(14).verdict(4, breach).goesBack('breach', breach.sentence);

const silent = {
  ...pass,
  kind: 'inconclusive' as const,
  reason: 'no-traffic',
  sentence: 'The canary had no request in 30 s: this is not evidence of health.',
  canary: { requests: 0, errors: 0 },
};

const succeeded = () => {
  const story = new Story('2.1.0').planned().stepsUpTo(99);
  return story
    .note({
      type: 'promoted',
      service: 'shop',
      environment: 'production',
      release: story.runbook.to,
      by: 'rollout',
    })
    .note({ type: 'closed', state: 'succeeded', sentence: 'shop 2.1.0 has all traffic in production.' });
};

const backAgain = (story: Story, state: 'rolled-back' | 'aborted', sentence: string) =>
  story
    .after(0.412)
    .note({ type: 'traffic-back', afterMs: 412 })
    .after(2)
    .note({
      type: 'verified',
      recovered: true,
      sentence: '2.0.4 is well: 0.3 % of 540 requests failed, 1 of 1 smoke tests passed',
    })
    .note({ type: 'closed', state, sentence });

/** Every state that people see. */
export const scenes: Readonly<Record<string, () => Scene>> = {
  requested: () => sceneOf(new Story()),
  planned: () => sceneOf(new Story().planned()),
  deploying: () =>
    sceneOf(new Story().planned().stepsUpTo(1).state('deploying').note({ type: 'step-started', step: 1 })),
  ramping: () =>
    sceneOf(new Story().planned().stepsUpTo(3).state('ramping').note({ type: 'step-started', step: 3 })),
  watching: () => sceneOf(inWatch().after(12), samplesOf(12, well)),
  'watching errors': () => sceneOf(inWatch().after(12), samplesOf(12, bad)),
  'watching in silence': () => sceneOf(inWatch().after(12)),
  held: () =>
    sceneOf(
      new Story()
        .planned()
        .stepsUpTo(5)
        .said('hold', 'hold', null, 'let us look')
        .state('held', 3600, '50 % to 2.2.0'),
    ),
  'held in a watch': () =>
    sceneOf(
      inWatch().after(12).said('hold', 'hold', null, 'let us look').state('held', 3600, '50 % to 2.2.0'),
      samplesOf(12, well),
    ),
  inconclusive: () =>
    sceneOf(
      inWatch()
        .after(30)
        .verdict(4, silent)
        .state('inconclusive', 1800, 'the way back, unless a person says otherwise'),
    ),
  'rolling back': () => sceneOf(breached(), samplesOf(14, bad)),
  'rolled back': () => sceneOf(backAgain(breached(), 'rolled-back', breach.sentence), samplesOf(14, bad)),
  aborted: () =>
    sceneOf(
      backAgain(
        inWatch()
          .after(5)
          .said('abort', 'way-back', null, 'wrong version')
          .goesBack('person', 'operator said abort'),
        'aborted',
        'operator said abort',
      ),
      samplesOf(5, well),
    ),
  'rollback failed': () =>
    sceneOf(
      breached()
        .note({
          type: 'way-back-failed',
          problem: { code: 'TARGET_UNAVAILABLE', message: 'The practice service does not answer.' },
          byHand: ['curl -X POST http://practice/services/shop/by-hand'],
        })
        .state('rollback-failed', null, 'retry or take-over'),
      samplesOf(14, bad),
    ),
  refused: () =>
    sceneOf(
      new Story()
        .note({
          type: 'refused',
          problems: [
            {
              code: 'ARTIFACT_NOT_FOUND',
              message: 'There is no artifact of 2.2.0.',
              hint: 'There are 2.0.4 and 2.1.0.',
            },
          ],
        })
        .note({ type: 'closed', state: 'refused', sentence: 'There is no artifact of 2.2.0.' }),
    ),
  succeeded: () => sceneOf(succeeded()),
  'first version': () => sceneOf(new Story('1.0.0', { from: null }).planned().stepsUpTo(3)),
};
