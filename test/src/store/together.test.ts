import { describe, expect, test } from '@jest/globals';
import { together } from '../../../src/store/together.ts';

describe('calls that come while one is on its way', () => {
  test('are made together, and each has its own answer', async () => {
    const made: (readonly number[])[] = [];
    const first = Promise.withResolvers<undefined>();
    const double = together(async (items: readonly number[]) => {
      made.push(items);
      if (made.length === 1) await first.promise;
      return items.map((item) => 2 * item);
    });
    const one = double(1);
    while (made.length === 0) await new Promise(setImmediate);
    const others = [2, 3, 2].map(double);
    first.resolve(undefined);
    expect(await Promise.all([one, ...others])).toEqual([2, 4, 6, 4]);
    expect(made).toEqual([[1], [2, 3, 2]]);
  });

  test('fail together, and those that come later do not', async () => {
    let broken = true;
    const ask = together((items: readonly string[]) =>
      broken ? Promise.reject(new Error('away')) : Promise.resolve(items),
    );
    const failed = await Promise.allSettled([ask('a'), ask('b')]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    broken = false;
    expect(await ask('c')).toBe('c');
  });

  test('are never more than one statement can take', async () => {
    const sizes: number[] = [];
    const count = together((items: readonly number[]) => {
      sizes.push(items.length);
      return Promise.resolve(items);
    });
    const all = Array.from({ length: 1_200 }, (_, index) => index);
    expect(await Promise.all(all.map(count))).toEqual(all);
    expect(sizes).toEqual([500, 500, 200]);
  });
});
