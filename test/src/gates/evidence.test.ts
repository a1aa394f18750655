import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fireCap, oneArmEvidence, sampleCap, temper, twoArmEvidence } from '../../../src/gates/evidence.ts';
import type { Side } from '../../../src/gates/evidence.ts';
import { project } from '../../../src/gates/projection.ts';
import type { Edge, Rates } from '../../../src/gates/projection.ts';
import { counts } from './make.ts';

/** Chances of 0…n events. */
const binomials = (n: number, p: number): readonly number[] => {
  const chances = [(1 - p) ** n];
  for (let k = 1; k <= n; k += 1) chances.push(((chances[k - 1] ?? 0) * (p / (1 - p)) * (n - k + 1)) / k);
  return chances;
};

/** Exact expectation of the e-variable if `truth` holds. */
const expectation = (
  nc: number,
  nb: number,
  truth: Rates,
  alternative: Rates,
  edge: Edge,
  side: Side,
): number => {
  let sum = 0;
  binomials(nc, truth.canary).forEach((pc, kc) => {
    binomials(nb, truth.baseline).forEach((pb, kb) => {
      sum += pc * pb * Math.exp(twoArmEvidence(counts(kc, nc, kb, nb), alternative, edge, side));
    });
  });
  return sum;
};

const rate = fc.double({ min: 0.001, max: 0.6, noNaN: true });
const requests = fc.integer({ min: 1, max: 12 });
const edges = fc.constantFrom<Edge>(
  { ratio: 1, margin: 0 },
  { ratio: 1.1, margin: 0.002 },
  { ratio: 3, margin: 0.2 },
  { ratio: 1.4, margin: 0 },
);

describe('the e-variable keeps its promise', () => {
  test('whatever the rates are, if the release is no worse than the edge allows', () => {
    fc.assert(
      fc.property(requests, requests, rate, rate, rate, rate, edges, (nc, nb, a, b, pb, part, edge) => {
        const alternative = { canary: a, baseline: Math.min(b, 0.3) };
        const baseline = Math.min(pb, 0.25);
        const canary = Math.min(0.99, part * (edge.ratio * baseline + edge.margin) + 1e-6);
        expect(expectation(nc, nb, { canary, baseline }, alternative, edge, 'at-most')).toBeLessThan(
          1 + 1e-9,
        );
      }),
      { numRuns: 300 },
    );
  });

  test('and, for proof of health, if it is harmful', () => {
    fc.assert(
      fc.property(
        requests,
        requests,
        rate,
        rate,
        fc.double({ min: 0, max: 0.3, noNaN: true }),
        (nc, nb, a, pb, more) => {
          const harm = { ratio: 1, margin: 0.05 };
          const alternative = { canary: Math.min(a, 0.3), baseline: Math.min(a, 0.3) };
          const baseline = Math.min(pb, 0.3);
          const truth = { canary: baseline + 0.05 + more, baseline };
          expect(expectation(nc, nb, truth, alternative, harm, 'at-least')).toBeLessThan(1 + 1e-9);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('and without a second arm', () => {
    fc.assert(
      fc.property(requests, rate, rate, rate, (n, alternative, bound, part) => {
        const truth = bound * part;
        const mean = binomials(n, truth).reduce(
          (sum, chance, k) => sum + chance * Math.exp(oneArmEvidence(k, n, alternative, bound)),
          0,
        );
        expect(mean).toBeLessThan(1 + 1e-9);
      }),
    );
  });
});

test('the projection is the nearest point of the edge', () => {
  fc.assert(
    fc.property(
      rate,
      rate,
      edges,
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 1, max: 5000 }),
      (a, b, edge, nc, nb) => {
        const alternative = { canary: a, baseline: Math.min(b, 0.25) };
        const nearest = project(nc, nb, alternative, edge);
        expect(nearest.canary).toBeCloseTo(edge.ratio * nearest.baseline + edge.margin, 10);
        const distance = (x: number): number => {
          const c = edge.ratio * x + edge.margin;
          return -(
            nc * (alternative.canary * Math.log(c) + (1 - alternative.canary) * Math.log(1 - c)) +
            nb * (alternative.baseline * Math.log(x) + (1 - alternative.baseline) * Math.log(1 - x))
          );
        };
        const best = distance(nearest.baseline);
        for (const step of [0.999, 1.001]) {
          expect(distance(nearest.baseline * step)).toBeGreaterThanOrEqual(best - 1e-9 * Math.abs(best));
        }
      },
    ),
  );
});

describe('one sample', () => {
  test('says nothing where an arm had no request, or the alternative is tolerated', () => {
    const edge = { ratio: 1, margin: 0 };
    expect(twoArmEvidence(counts(0, 0, 1, 10), { canary: 0.1, baseline: 0.01 }, edge)).toBe(0);
    expect(twoArmEvidence(counts(1, 10, 0, 0), { canary: 0.1, baseline: 0.01 }, edge)).toBe(0);
    expect(twoArmEvidence(counts(5, 10, 0, 10), { canary: 0.01, baseline: 0.01 }, edge)).toBe(0);
    expect(oneArmEvidence(5, 10, 0.01, 0.02)).toBe(0);
  });

  test('failing at once on both versions is no evidence', () => {
    expect(
      twoArmEvidence(counts(10, 100, 90, 900), { canary: 0.03, baseline: 0.003 }, { ratio: 1, margin: 0 }),
    ).toBeLessThan(0);
  });

  test('is tempered, then capped', () => {
    expect(temper(3, { phi: 2, cap: 1.6 })).toBe(1.5);
    expect(temper(30, { phi: 2, cap: 1.6 })).toBe(1.6);
    expect(temper(-30, { phi: 2, cap: 1.6 })).toBe(-15);
  });

  test.each([0.01, 0.05, 0.2])(
    'can not spend a budget of %f alone, not even all tests of it together',
    (budget) => {
      for (const seconds of [1, 5, 10, 30, 60, 180, 3600]) {
        const usual = Math.exp(sampleCap(1, 99, seconds, budget));
        const fire = Math.exp(fireCap(budget));
        expect(0.85 * usual + 0.15 * fire).toBeLessThan(1 / budget);
      }
    },
  );
});
