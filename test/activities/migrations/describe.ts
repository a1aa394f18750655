import { describePart } from '../../servers/describe-part.ts';
import { findPostgres, noPostgres } from '../../servers/postgres.ts';

export const describeWithPostgres = (title: string, tests: () => void): void => {
  describePart({ missing: findPostgres() === null ? noPostgres : null }, title, tests);
};
