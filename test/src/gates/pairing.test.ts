import { describe, expect, test } from '@jest/globals';
import type { News } from '../../../src/gates/counters.ts';
import { noPairing, pair } from '../../../src/gates/pairing.ts';
import type { ArmNews, PairedSample } from '../../../src/gates/pairing.ts';
import { noIncrement } from '../../../src/gates/series.ts';

const news = (kind: News, requests = 0, errors = 0): ArmNews => ({
  news: kind,
  increment: { ...noIncrement, requests, errors },
});
const start = news('first');
const silent = news('silent');

type Step = readonly [canary: ArmNews, baseline: ArmNews];

/** Samples that come of readings 5 s apart: from, seconds, alone, canary, baseline. */
const paired = (steps: readonly Step[], every = 5) => {
  let pairing = noPairing;
  const samples: { readonly t: number; readonly sample: PairedSample }[] = [];
  steps.forEach(([canary, baseline], i) => {
    const step = pair(pairing, canary, baseline, i * every, 60);
    pairing = step.pairing;
    if (step.sample !== null) samples.push({ t: i * every, sample: step.sample });
  });
  return samples.map(({ t, sample }) => ({
    ...{ t, from: sample.from, alone: sample.alone },
    canary: [sample.canary.errors, sample.canary.requests],
    baseline: [sample.baseline.errors, sample.baseline.requests],
  }));
};
const many = (n: number, step: Step): readonly Step[] => Array.from({ length: n }, () => step);

describe('a sample closes', () => {
  test('when both arms have news and there were requests', () => {
    expect(
      paired([
        [start, start],
        [news('fresh', 5, 1), news('fresh', 45)],
      ]),
    ).toEqual([{ t: 5, from: 0, alone: false, canary: [1, 5], baseline: [0, 45] }]);
  });

  test('only when the later arm has news: both cover the same stretch', () => {
    expect(
      paired([
        [start, start],
        [news('fresh', 5, 1), silent],
        [news('fresh', 6, 1), news('fresh', 90, 2)],
      ]),
    ).toEqual([{ t: 10, from: 0, alone: false, canary: [2, 11], baseline: [2, 90] }]);
  });

  test('after an outage of the metrics with all that was missed on both arms', () => {
    const steps = paired([
      [start, start],
      ...many(36, [silent, silent]),
      [news('fresh', 185, 1), news('fresh', 1665, 5)],
    ]);
    expect(steps).toEqual([{ t: 185, from: 0, alone: false, canary: [1, 185], baseline: [5, 1665] }]);
  });

  test('not without requests', () => {
    expect(paired([[start, start], ...many(30, [news('fresh'), news('fresh')])])).toEqual([]);
  });

  test('not before an arm has a starting point: what the other one counted till then is another stretch', () => {
    expect(
      paired([
        [start, silent],
        [news('fresh', 50, 9), silent],
        [news('fresh', 50, 9), start],
        [news('fresh', 5, 0), news('fresh', 45, 1)],
      ]),
    ).toEqual([{ t: 15, from: 10, alone: false, canary: [0, 5], baseline: [1, 45] }]);
  });

  test('without more errors than requests: those whose request is not counted yet wait for it', () => {
    expect(
      paired([
        [start, start],
        [news('fresh', 2, 3), news('fresh', 20)],
        [news('fresh', 3, 1), news('fresh', 20)],
      ]).map(({ canary }) => canary),
    ).toEqual([
      [2, 2],
      [2, 3],
    ]);
  });
});

describe('a baseline that gives nothing', () => {
  const fresh: Step = [news('fresh', 5, 1), silent];

  test('is waited for, for a minute; then the canary goes on alone', () => {
    const samples = paired([[start, start], ...many(15, fresh)]);
    expect(samples.map(({ t, from, alone }) => [t, from, alone])).toEqual([
      [65, 0, true],
      [70, 65, true],
      [75, 70, true],
    ]);
    expect(samples[0]?.canary).toEqual([13, 65]);
  });

  test('but is scraped, is none either', () => {
    const samples = paired([[start, start], ...many(14, [news('fresh', 5), news('fresh', 0)])]);
    expect(samples.map(({ t, alone }) => [t, alone])).toEqual([
      [65, true],
      [70, true],
    ]);
  });

  test('nor is one with a request to a hundred of the canary', () => {
    const samples = paired([[start, start], ...many(13, [news('fresh', 500), news('fresh', 1)])]);
    expect(samples.map(({ t, alone }) => [t, alone])).toEqual([[65, true]]);
  });

  test('does not get what it missed booked on the stretch in which it returns', () => {
    const samples = paired([
      [start, start],
      ...many(14, fresh),
      [news('fresh', 5, 1), news('fresh', 700, 40)],
      [news('fresh', 5, 1), news('fresh', 45, 0)],
    ]);
    expect(samples.slice(-2)).toEqual([
      { t: 75, from: 70, alone: true, canary: [1, 5], baseline: [0, 0] },
      { t: 80, from: 75, alone: false, canary: [1, 5], baseline: [0, 45] },
    ]);
  });

  test('is compared with again at once where it only had no requests', () => {
    const samples = paired([
      [start, start],
      ...many(14, [news('fresh', 5), news('fresh', 0)]),
      [news('fresh', 5), news('fresh', 45, 1)],
    ]);
    expect(samples.at(-1)).toEqual({ t: 75, from: 70, alone: false, canary: [0, 5], baseline: [1, 45] });
  });

  test('while the canary is silent, too, is not missed: the wait begins when the canary speaks', () => {
    const samples = paired([
      [start, start],
      ...many(30, [silent, silent]),
      fresh,
      [news('fresh', 5), news('fresh', 1400)],
    ]);
    expect(samples.map(({ t, alone }) => [t, alone])).toEqual([[160, false]]);
  });
});
