import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { batchesOf } from '../../../runbooks/strategies/batches.ts';
import type { Portion } from '../../../runbooks/strategies/rolling-block.ts';

const anyPortion: fc.Arbitrary<Portion> = fc.oneof(
  fc.nat({ max: 12 }).map((instances) => ({ instances })),
  fc.nat({ max: 100 }).map((percent) => ({ share: percent / 100 })),
);
const begin = (total: number) => ({ fresh: 0, old: total });

/** As Kubernetes rounds them. */
const amount = (portion: Portion, total: number, up: boolean): number => {
  if ('instances' in portion) return portion.instances;
  const percent = Math.round(portion.share * 100);
  return up ? Math.ceil((percent * total) / 100) : Math.floor((percent * total) / 100);
};

test('batches of four, one beyond their number', () => {
  const limits = { total: 4, held: 0, maxUnavailable: { instances: 0 }, maxSurge: { instances: 1 } };
  expect(batchesOf(begin(4), limits)).toEqual([
    { fresh: 1, old: 3 },
    { fresh: 2, old: 2 },
    { fresh: 3, old: 1 },
    { fresh: 4, old: 0 },
  ]);
});

test('any batches end with nothing but the new version, and stay between what may be missing and what may be too much', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      anyPortion,
      anyPortion,
      (total, maxUnavailable, maxSurge) => {
        const surge = amount(maxSurge, total, true);
        const unavailable = amount(maxUnavailable, total, false);
        const batches = batchesOf(begin(total), { total, held: 0, maxUnavailable, maxSurge });
        expect(batches.at(-1)).toEqual({ fresh: total, old: 0 });
        let before = begin(total);
        for (const batch of batches) {
          // Within a batch the new ones come first, then the old ones go.
          const together = batch.fresh + before.old;
          const room = Math.max(surge, unavailable + surge === 0 || total === 1 ? 1 : 0);
          expect(together).toBeLessThanOrEqual(Math.max(total + room, total));
          expect(batch.fresh + batch.old).toBeGreaterThanOrEqual(
            Math.max(1, total - Math.min(total - 1, unavailable)),
          );
          expect(batch.fresh).toBeGreaterThanOrEqual(before.fresh);
          expect(batch.old).toBeLessThanOrEqual(before.old);
          expect(batch).not.toEqual(before);
          before = batch;
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('what is held stays, and goes on from there', () => {
  const limits = { total: 10, maxUnavailable: { instances: 0 }, maxSurge: { share: 0.25 } };
  const watched = batchesOf(begin(10), { ...limits, held: 1 });
  const middle = watched.at(-1) ?? begin(10);
  expect(middle).toEqual({ fresh: 10, old: 1 });
  expect(batchesOf(middle, { ...limits, held: 0 })).toEqual([{ fresh: 10, old: 0 }]);
});
