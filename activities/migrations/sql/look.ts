import { createHash } from 'node:crypto';
import type { MigrationsLook, PlannedMigration, SqlMigrations } from '../../../runbooks/migrations.ts';
import type { Problem } from '../../../runbooks/errors.ts';
import type { LookRequest } from '../driver.ts';
import type { Applied, Books } from './bookkeeping.ts';
import type { Finding } from './finding.ts';
import { sayFinding } from './finding.ts';
import type { Phase, SqlFile, SqlMigration } from './folder.ts';
import { phases } from './folder.ts';
import { judgeFile } from './judge-file.ts';
import { parseSql } from './parse.ts';

const find = ({ applied }: Books, name: string, phase: Phase): Applied | undefined =>
  applied.find((row) => row.name === name && row.phase === phase);

export const isDone = (books: Books, name: string, phase: Phase): boolean =>
  find(books, name, phase)?.done ?? false;

const checksum = (...files: readonly (SqlFile | null)[]): string =>
  createHash('sha256')
    .update(files.map((file) => file?.sha256 ?? '-').join('\n'))
    .digest('hex');

/** What a release adds: its name and the checksum of what would be run for it. */
export const plannedExpand = ({ name, expand, backfill }: SqlMigration): PlannedMigration => ({
  name,
  sha256: checksum(expand, backfill),
});
/** A backfill is run once more before: rows that the old version wrote until its end must not be lost. */
export const plannedContract = ({ name, backfill, contract }: SqlMigration): PlannedMigration => ({
  name,
  sha256: checksum(backfill, contract),
});

export const isPending = (books: Books, { name, backfill }: SqlMigration): boolean =>
  !isDone(books, name, 'expand') || (backfill !== null && !isDone(books, name, 'backfill'));

export const isContractable = (books: Books, { name, contract }: SqlMigration): boolean =>
  contract !== null && !isDone(books, name, 'contract');

/** What folder and database say together, before anything is planned. */
export const lookAt = async (
  migrations: readonly SqlMigration[],
  books: Books,
  policy: Pick<SqlMigrations, 'locks'>,
  request: LookRequest,
): Promise<MigrationsLook> => {
  const pending = migrations.filter((migration) => isPending(books, migration));
  const contractable = migrations.filter((migration) => isContractable(books, migration));
  const findings = [
    ...(await findingsOf(pending, ['expand', 'backfill'])),
    ...(await findingsOf(contractable, ['contract'])),
  ];
  const slow = policy.locks === 'warn' ? findings.filter(({ is }) => is === 'locks') : [];
  return {
    level: migrations.at(-1)?.name ?? null,
    pending: pending.map(plannedExpand),
    contractable: contractable.map(plannedContract),
    passed: passedOf(books, request),
    warnings: [
      ...slow.map((finding) => `${sayFinding(finding)}. ${finding.mend}`),
      ...goneOf(migrations, books),
    ],
    problems: [
      ...editedOf(migrations, books),
      ...lateOf(pending, books),
      ...findings.filter((finding) => !slow.includes(finding)).map(problemOf),
    ],
  };
};

const findingsOf = async (
  migrations: readonly SqlMigration[],
  wanted: readonly Phase[],
): Promise<readonly Finding[]> => {
  const found: Finding[] = [];
  for (const migration of migrations) {
    for (const phase of wanted) {
      const file = migration[phase];
      if (file !== null) found.push(...judgeFile(phase, file, await parseSql(file)));
    }
  }
  return found;
};

const codes = {
  destructive: 'MIGRATION_DESTRUCTIVE',
  opaque: 'MIGRATION_DESTRUCTIVE',
  locks: 'MIGRATION_LOCKS',
  invalid: 'MIGRATION_INVALID',
} as const;

const problemOf = (finding: Finding): Problem => ({
  code: codes[finding.is],
  message: `${sayFinding(finding)}.`,
  hint: finding.mend,
  details: { path: finding.path, line: finding.line },
});

/** What was applied stands: the file must say what was done. */
const editedOf = (migrations: readonly SqlMigration[], books: Books): readonly Problem[] =>
  migrations.flatMap((migration) =>
    phases.flatMap((phase): readonly Problem[] => {
      const row = find(books, migration.name, phase);
      const file = migration[phase];
      if (row === undefined || !row.done || file === null || file.sha256 === row.sha256) return [];
      return [
        {
          code: 'MIGRATION_CHANGED',
          message: `${file.path} was edited after it had been applied.`,
          hint: 'Restore it, and write what is new into a migration of its own.',
          details: { path: file.path, applied: row.sha256, found: file.sha256 },
        },
      ];
    }),
  );

/** A level is the last migration by name: one that sorts before what stands would be in no release's level. */
const lateOf = (pending: readonly SqlMigration[], books: Books): readonly Problem[] => {
  const last = lastOf(books, 'expand');
  return pending
    .filter(({ name }) => last !== null && name < last && find(books, name, 'expand') === undefined)
    .map(({ name, expand }) => ({
      code: 'MIGRATION_INVALID' as const,
      message: `${expand.path}: ${name} sorts before ${String(last)}, which has been applied already.`,
      hint: 'Give it a number above that.',
    }));
};

const goneOf = (migrations: readonly SqlMigration[], { applied }: Books): readonly string[] => {
  const here = new Set(migrations.map(({ name }) => name));
  const gone = [...new Set(applied.filter(({ name }) => !here.has(name)).map(({ name }) => name))];
  return gone.length === 0 ? [] : [`Applied, but not in the folder any more: ${gone.join(', ')}.`];
};

const lastOf = ({ applied }: Books, phase: Phase): string | null =>
  applied.filter((row) => row.phase === phase && row.done).at(-1)?.name ?? null;

/** A release from before the last contract, or that the database has never seen, lacks something by now. */
const passedOf = (books: Books, { to, from }: LookRequest): Readonly<Record<string, string>> => {
  const contracted = lastOf(books, 'contract');
  if (contracted === null) return {};
  const levelOf = (digest: string): string | null =>
    books.releases.find((release) => release.digest === digest)?.level ?? null;
  const known = (digest: string): boolean => books.releases.some((release) => release.digest === digest);
  // A release that is new to the database was written for what it is now; one that runs already was not.
  const asked = [...(known(to.digest) ? [to] : []), ...(from === null ? [] : [from])];
  return Object.fromEntries(
    asked
      .filter(({ digest }) => (levelOf(digest) ?? '') < contracted)
      .map(({ version }) => [version, contracted]),
  );
};
