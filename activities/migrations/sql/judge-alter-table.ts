import type { AlterTableCmd, AlterTableStmt, Constraint } from 'libpg-query';
import type { Fault } from './finding.ts';
import { destructive, locks, opaque } from './finding.ts';
import { judgeNewColumn } from './judge-column.ts';

/** Changes of a table that only its catalogue learns of, or that read it while others go on. */
const harmless: ReadonlySet<string> = new Set([
  'AT_ColumnDefault',
  'AT_DropNotNull',
  'AT_DropConstraint',
  'AT_ValidateConstraint',
  'AT_SetStatistics',
  'AT_SetOptions',
  'AT_ResetOptions',
  'AT_SetStorage',
  'AT_SetCompression',
  'AT_SetRelOptions',
  'AT_ResetRelOptions',
  'AT_ReplicaIdentity',
  'AT_EnableTrig',
  'AT_EnableAlwaysTrig',
  'AT_ChangeOwner',
  'AT_SetIdentity',
]);

const rewriting: ReadonlySet<string> = new Set([
  'AT_SetTableSpace',
  'AT_SetLogged',
  'AT_SetUnLogged',
  'AT_SetAccessMethod',
  'AT_AddIdentity',
]);

/** What is wrong with each of the changes of one ALTER TABLE. */
export const judgeAlterTable = (statement: AlterTableStmt, table: string): readonly Fault[] =>
  (statement.cmds ?? []).flatMap((node) =>
    'AlterTableCmd' in node
      ? judgeCommand(node.AlterTableCmd, table)
      : [opaque(`changes ${table}`, 'Split it.')],
  );

const judgeCommand = (command: AlterTableCmd, table: string): readonly Fault[] => {
  const { def } = command;
  // Newer PostgreSQLs know more: what is not told apart here is opaque.
  const subtype: string = command.subtype ?? '';
  const column = `the column ${command.name ?? '?'} of ${table}`;
  if (harmless.has(subtype)) return [];
  if (rewriting.has(subtype)) {
    return [
      locks(`rewrites ${table} while nobody may use it`, 'Do it apart from a release, when that is meant.'),
    ];
  }
  switch (subtype) {
    case 'AT_AddColumn':
      return def !== undefined && 'ColumnDef' in def ? judgeNewColumn(def.ColumnDef, table) : [];
    case 'AT_AddConstraint':
      return def !== undefined && 'Constraint' in def ? judgeConstraint(def.Constraint, table) : [];
    case 'AT_DropColumn':
      return [
        destructive(
          `drops ${column}`,
          'Drop it in contract.sql, when no version reads or writes it any more.',
        ),
      ];
    case 'AT_AlterColumnType':
      return [
        destructive(
          `changes the type of ${column}`,
          'Add a second column, write both, fill it in backfill.sql, drop the old one in contract.sql.',
        ),
      ];
    case 'AT_SetNotNull':
      return [
        destructive(
          `makes ${column} NOT NULL: what the old version leaves empty would be refused`,
          'Do it in contract.sql, when no version leaves it empty any more.',
        ),
      ];
    case 'AT_DetachPartition':
    case 'AT_DetachPartitionFinalize':
      return [destructive(`takes a partition of ${table} away`, 'Detach it in contract.sql.')];
    case 'AT_EnableRowSecurity':
    case 'AT_ForceRowSecurity':
      return [destructive(`hides rows of ${table} from the old version`, 'Switch it on in contract.sql.')];
    case 'AT_AttachPartition':
      return [
        locks(
          `attaches a partition to ${table}, for which it is read`,
          'Give it a CHECK of its bounds first.',
        ),
      ];
    default:
      return [
        opaque(
          `changes ${table} in a way that is not known to be harmless (${subtype})`,
          'Do it in contract.sql.',
        ),
      ];
  }
};

const judgeConstraint = (constraint: Constraint, table: string): readonly Fault[] => {
  const name = constraint.conname === undefined ? 'a constraint' : `the constraint ${constraint.conname}`;
  const kind: string = constraint.contype ?? '';
  switch (kind) {
    case 'CONSTR_CHECK':
    case 'CONSTR_FOREIGN':
      if (constraint.skip_validation === true) return [];
      return [
        locks(
          `adds ${name} to ${table}, for which all rows are read while nobody may write`,
          'Add NOT VALID, then VALIDATE CONSTRAINT in a migration that follows.',
        ),
      ];
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
      if (constraint.indexname !== undefined) return [];
      return [
        locks(
          `adds ${name} to ${table}, whose index is built while nobody may write`,
          'CREATE UNIQUE INDEX CONCURRENTLY in a migration of its own, then ADD CONSTRAINT … USING INDEX.',
        ),
      ];
    case 'CONSTR_EXCLUSION':
      return [
        locks(`adds ${name} to ${table}, whose index is built while nobody may write`, 'Use a new table.'),
      ];
    case 'CONSTR_NOTNULL':
      return [
        destructive(
          `makes a column of ${table} NOT NULL: what the old version leaves empty would be refused`,
          'Do it in contract.sql, when no version leaves it empty any more.',
        ),
      ];
    default:
      return [opaque(`adds ${name} of an unknown kind to ${table}`, 'Do it in contract.sql.')];
  }
};
