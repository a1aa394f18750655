import { describePart } from './describe-part.ts';
import { obtainHaproxy } from './obtain-haproxy.ts';

const obtained = await obtainHaproxy();

/** Tests that need one: they fail without it in CI, and are skipped with the reason elsewhere. */
export const describeWithHaproxy = (title: string, tests: () => void): void => {
  describePart({ missing: obtained.program === null ? obtained.sentence : null }, title, tests);
};
