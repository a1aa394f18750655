import type { Node, RangeVar } from 'libpg-query';
import type { Fault } from './finding.ts';
import { destructive, invalid, locks, opaque } from './finding.ts';
import { judgeAlterTable } from './judge-alter-table.ts';

export const tableName = (relation: RangeVar | undefined): string =>
  relation === undefined ? '?' : [relation.schemaname, relation.relname].filter(Boolean).join('.');

/** Statements that add something new, or say something about what there is. */
const adding: ReadonlySet<string> = new Set([
  'CreateStmt',
  'CreateSeqStmt',
  'AlterSeqStmt',
  'CreateEnumStmt',
  'CompositeTypeStmt',
  'CreateRangeStmt',
  'CreateDomainStmt',
  'CreateSchemaStmt',
  'CreateExtensionStmt',
  'CreateFunctionStmt',
  'CreateTrigStmt',
  'CreateStatsStmt',
  'CreateTableAsStmt',
  'ViewStmt',
  'CommentStmt',
  'SelectStmt',
]);

const settings = new Set([
  'lock_timeout',
  'statement_timeout',
  'transaction_timeout',
  'idle_in_transaction_session_timeout',
]);

const kinds: Readonly<Record<string, string>> = {
  OBJECT_TABLE: 'the table',
  OBJECT_VIEW: 'the view',
  OBJECT_INDEX: 'the index',
  OBJECT_COLUMN: 'the column',
  OBJECT_FUNCTION: 'the function',
  OBJECT_TYPE: 'the type',
  OBJECT_SEQUENCE: 'the sequence',
  OBJECT_SCHEMA: 'the schema',
  OBJECT_TRIGGER: 'the trigger',
};
const later = 'Do it in contract.sql, when no version needs it any more.';
const kindOf = (type: string | undefined): string => kinds[type ?? ''] ?? 'something';

/** The kind of a statement: the one key of its node. */
export const kindOfNode = (node: Node): string => Object.keys(node)[0] ?? '?';

/** What would be wrong with running this statement while the old version goes on. */
export const judgeStatement = (node: Node): readonly Fault[] => {
  if ('AlterTableStmt' in node) {
    const { relation, objtype } = node.AlterTableStmt;
    if (objtype === 'OBJECT_TABLE') return judgeAlterTable(node.AlterTableStmt, tableName(relation));
  }
  if ('DropStmt' in node) {
    const { removeType, objects } = node.DropStmt;
    return [destructive(`drops ${kindOf(removeType)} ${namesIn(objects)}`, later)];
  }
  if ('RenameStmt' in node) {
    const { renameType, subname, newname, relation } = node.RenameStmt;
    const what = subname ?? tableName(relation);
    return [
      destructive(
        `renames ${kindOf(renameType)} ${what} to ${newname ?? '?'}`,
        'Add the new one beside it, write both, and drop the old one in contract.sql.',
      ),
    ];
  }
  if ('AlterObjectSchemaStmt' in node) return [destructive('moves something to another schema', later)];
  if ('TruncateStmt' in node) return [destructive('empties a table', later)];
  if ('DeleteStmt' in node)
    return [destructive(`deletes rows of ${tableName(node.DeleteStmt.relation)}`, later)];
  if ('AlterEnumStmt' in node && node.AlterEnumStmt.oldVal !== undefined)
    return [destructive(`renames the value ${node.AlterEnumStmt.oldVal} of a type`, later)];
  if ('AlterEnumStmt' in node) return [];
  if ('GrantStmt' in node)
    return node.GrantStmt.is_grant === true ? [] : [destructive('takes rights away', later)];
  if ('UpdateStmt' in node) {
    return [
      locks(
        `changes rows of ${tableName(node.UpdateStmt.relation)} all at once, and holds them until the end`,
        'Put it into backfill.sql, with a LIMIT: it is run in batches there.',
      ),
    ];
  }
  if ('InsertStmt' in node) return judgeInsert(node);
  return judgeRest(node);
};

const judgeInsert = ({ InsertStmt: { relation, selectStmt } }: Extract<Node, { InsertStmt: unknown }>) => {
  const values =
    selectStmt === undefined ||
    ('SelectStmt' in selectStmt && selectStmt.SelectStmt.valuesLists !== undefined);
  if (values) return [];
  return [
    locks(
      `copies rows into ${tableName(relation)} all at once`,
      'Put it into backfill.sql, with a LIMIT: it is run in batches there.',
    ),
  ];
};

const judgeRest = (node: Node): readonly Fault[] => {
  if ('IndexStmt' in node) {
    const { concurrent, idxname, relation } = node.IndexStmt;
    if (concurrent === true && idxname !== undefined) return [];
    if (concurrent === true)
      return [
        invalid('makes an index without a name', 'Name it: one that was broken off must be found again.'),
      ];
    return [
      locks(
        `builds an index on ${tableName(relation)} while nobody may write`,
        'CREATE INDEX CONCURRENTLY, in a migration of its own.',
      ),
    ];
  }
  if ('TransactionStmt' in node)
    return [invalid('begins or ends a transaction', 'Remove it: Sluice makes the transaction.')];
  if ('VariableSetStmt' in node) {
    const { name } = node.VariableSetStmt;
    return name !== undefined && settings.has(name)
      ? [invalid(`sets ${name}`, `Remove it: migrations.sql.lockTimeout and statementTimeout say it.`)]
      : [];
  }
  if ('RefreshMatViewStmt' in node && node.RefreshMatViewStmt.concurrent !== true)
    return [locks('fills a view while nobody may read it', 'REFRESH … CONCURRENTLY, apart from a release.')];
  if ('LockStmt' in node) return [locks('locks a table', 'Remove it.')];
  if ('ClusterStmt' in node || 'ReindexStmt' in node || 'VacuumStmt' in node) {
    return [invalid('is maintenance and no migration', 'Do it apart from a release.')];
  }
  const kind = kindOfNode(node);
  if (adding.has(kind)) return [];
  const what =
    kind === 'DoStmt' || kind === 'CallStmt' ? 'runs code that nobody can look into' : `is a ${kind}`;
  return [opaque(`${what}: it is not known to be harmless for the old version`, later)];
};

const namesIn = (objects: readonly Node[] | undefined): string => {
  const names = (objects ?? []).map((object) => {
    const parts = 'List' in object ? (object.List.items ?? []) : [object];
    return parts.flatMap((part) => ('String' in part ? [part.String.sval ?? ''] : [])).join('.');
  });
  return names.join(', ');
};
