import { describe, expect, test } from '@jest/globals';
import { emptyModel } from '../../../../src/story/model.ts';
import { heedCounts, heedEvent } from '../../../../src/story/reduce.ts';
import { renderLive } from '../../../../src/cli/live/render.ts';
import type { StoredEvent } from '../../../../src/store/views.ts';
import { breach, Story } from '../../api/story.ts';

const modelOf = (events: readonly StoredEvent[]) => events.reduce(heedEvent, emptyModel('an-id'));

const breached = () =>
  new Story()
    .planned()
    .stepsUpTo(4)
    .watching(4)
    .after(14)
    .verdict(4, breach)
    .goesBack('breach', breach.sentence)
    .note({ type: 'traffic-back', afterMs: 300 });

describe('a model is made from events', () => {
  test('traffic follows the shifts, the goal first', () => {
    const story = new Story().planned().stepsUpTo(3).note({ type: 'step-started', step: 3 });
    expect(modelOf(story.events)).toMatchObject({
      weights: { '2.0.4': 100 },
      moving: { '2.2.0': 10, '2.0.4': 90 },
    });
    story.note({ type: 'step-done', step: 3, found: null });
    expect(modelOf(story.events)).toMatchObject({ weights: { '2.2.0': 10, '2.0.4': 90 }, moving: null });
  });

  test('the way back breaks the running step off and brings the traffic back', () => {
    const before = modelOf(breached().events.slice(0, -1));
    expect(before).toMatchObject({ moving: { '2.0.4': 100 }, state: 'rolling-back' });
    expect(before.steps[4]?.state).toBe('failed');
    const after = modelOf(breached().events);
    expect(after).toMatchObject({ weights: { '2.0.4': 100 }, moving: null, trafficBackMs: 300 });
  });

  test('what is stuck is shown, with what follows, until the step ends', () => {
    const sentence = '10 % to 2.2.0 is not done after 1 min 30 s: it waits for the target.';
    const story = new Story()
      .planned()
      .stepsUpTo(3)
      .note({ type: 'step-started', step: 3 })
      .note({ type: 'stuck', step: 3, sentence, then: 'page' });
    const model = modelOf(story.events);
    const shown = renderLive(model, { width: 100, now: 0, color: false, unicode: true })
      .join(' ')
      .replace(/\s+/g, ' ');
    expect(shown).toContain(`stuck ${sentence}`);
    expect(model.log.at(-1)).toMatchObject({ word: 'stuck', then: expect.stringContaining('paged') });
    story.note({ type: 'step-done', step: 3, found: null });
    expect(modelOf(story.events).stuck).toBeNull();
  });

  test('an event that is heard twice counts once', () => {
    const { events } = breached();
    const twice = events.flatMap((event) => [event, event]);
    expect(modelOf([...twice, ...events])).toEqual(modelOf(events));
  });

  test('a state that is told late does not open a closed rollout again', () => {
    const story = breached()
      .note({ type: 'closed', state: 'rolled-back', sentence: 'It was.' })
      .state('rolling-back');
    expect(modelOf(story.events)).toMatchObject({ state: 'rolled-back', until: null });
  });

  test('a watch that is extended begins anew', () => {
    const story = new Story().planned().stepsUpTo(4).watching(4).after(30).watching(4);
    const first = story.events.find(({ body }) => body.type === 'watch-started');
    const model = modelOf(story.events);
    expect(model.watch).toMatchObject({ watch: 1, step: 4, verdict: null, points: [] });
    expect(model.watch?.startsAt).not.toBe(first?.at);
  });
});

describe('samples', () => {
  const watching = modelOf(new Story().planned().stepsUpTo(4).watching(4).events);
  const points = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => ({
      t: from + i,
      canary: { requests: (from + i) * 10, errors: 0 },
      baseline: null,
    }));

  test('come in any pieces, each once', () => {
    const pieces = [points(0, 3), points(2, 6), points(0, 6), points(7, 7)];
    const model = pieces.reduce((each, piece) => heedCounts(each, { watch: 0, points: piece }), watching);
    expect(model.watch?.points.map(({ t }) => t)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('of another watch are passed over', () => {
    expect(heedCounts(watching, { watch: 1, points: points(0, 3) })).toBe(watching);
  });

  test('of a watch of days are thinned out, the newest kept', () => {
    const model = heedCounts(watching, { watch: 0, points: points(0, 5000) });
    expect(model.watch?.points.length).toBeLessThan(3000);
    expect(model.watch?.points.at(-1)?.t).toBe(5000);
  });
});
