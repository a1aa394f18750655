import { describe, test } from '@jest/globals';

/** A program that tests need: `missing` says why it isn't there, `null` where it is. */
export type TestPart = { readonly missing: string | null };

/** Tests that need it: without it they fail in CI, and are skipped elsewhere, both with the reason. */
export const describePart = ({ missing }: TestPart, title: string, tests: () => void): void => {
  if (missing === null) {
    describe(title, tests);
    return;
  }
  if (process.env['CI'] === 'true') {
    test(title, () => {
      throw new Error(missing);
    });
    return;
  }
  console.warn(`${title}: skipped. ${missing}`);
  describe.skip(title, tests);
};
