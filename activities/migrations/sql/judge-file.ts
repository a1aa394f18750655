import type { Node } from 'libpg-query';
import type { Finding } from './finding.ts';
import { invalid } from './finding.ts';
import type { Fault } from './finding.ts';
import type { Phase, SqlFile } from './folder.ts';
import { judgeStatement, tableName } from './judge-statement.ts';
import type { Statement } from './parse.ts';

/** Whether PostgreSQL refuses to run it inside of a transaction. */
export const standsAlone = (node: Node): boolean =>
  ('IndexStmt' in node && node.IndexStmt.concurrent === true) ||
  ('DropStmt' in node && node.DropStmt.concurrent === true);

/** What is wrong with a file of a migration, for the phase that it belongs to. */
export const judgeFile = (
  phase: Phase,
  { path }: SqlFile,
  statements: readonly Statement[],
): readonly Finding[] => {
  const at = (statement: Statement, faults: readonly Fault[]): readonly Finding[] =>
    faults.map((fault) => ({ ...fault, path, line: statement.line }));
  const mixed = mixture(statements);
  const own = statements.flatMap((statement, i) =>
    at(statement, judgeIn(phase, statement, statements.slice(0, i))),
  );
  return [
    ...(mixed === null ? [] : at(mixed, [aloneOnly])),
    ...(phase === 'backfill' ? at(statements[0] ?? nowhere, judgeBackfill(statements)) : own),
  ];
};

const nowhere: Statement = { node: {} as Node, text: '', line: 1 };

const aloneOnly = invalid(
  'CONCURRENTLY can not be run in the transaction of the other statements',
  'Give it a migration of its own, which holds nothing else.',
);

const mixture = (statements: readonly Statement[]): Statement | null => {
  const alone = statements.filter(({ node }) => standsAlone(node));
  return alone.length === 0 || alone.length === statements.length ? null : (alone[0] ?? null);
};

/** What was made in this very file has neither rows nor users: nothing is locked with it. */
const judgeIn = (phase: Phase, { node }: Statement, before: readonly Statement[]): readonly Fault[] => {
  const faults = judgeStatement(node);
  const made = new Set(
    before.flatMap((earlier) =>
      'CreateStmt' in earlier.node ? [tableName(earlier.node.CreateStmt.relation)] : [],
    ),
  );
  return faults.filter(({ is }) => {
    if (is === 'locks' && made.has(tableOf(node))) return false;
    // What takes away is what contract.sql is for; a person approves it.
    return phase !== 'contract' || is === 'locks' || is === 'invalid';
  });
};

const tableOf = (node: Node): string => {
  if ('IndexStmt' in node) return tableName(node.IndexStmt.relation);
  if ('AlterTableStmt' in node) return tableName(node.AlterTableStmt.relation);
  if ('UpdateStmt' in node) return tableName(node.UpdateStmt.relation);
  if ('InsertStmt' in node) return tableName(node.InsertStmt.relation);
  return '';
};

const judgeBackfill = (statements: readonly Statement[]): readonly Fault[] => {
  const [first, second] = statements;
  if (first === undefined || second !== undefined) {
    return [
      invalid('backfill.sql must be one statement', 'It is run again and again until it changes nothing.'),
    ];
  }
  if (!('UpdateStmt' in first.node || 'InsertStmt' in first.node)) {
    return [invalid('backfill.sql must be an UPDATE or an INSERT', 'Put other statements into expand.sql.')];
  }
  if (limits(first.node)) return [];
  return [
    invalid(
      'backfill.sql has no LIMIT: it would hold all rows at once',
      'UPDATE … WHERE id IN (SELECT id … WHERE … IS NULL LIMIT 1000).',
    ),
  ];
};

const limits = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  if ('limitCount' in value && value.limitCount !== undefined) return true;
  return Object.values(value).some(limits);
};
