import type { ColumnDef, Constraint, Node } from 'libpg-query';
import type { Fault } from './finding.ts';
import { destructive, locks } from './finding.ts';

/** Constraints stand in the tree as nodes of lists. */
export const constraintsOf = (nodes: readonly Node[] | undefined): readonly Constraint[] =>
  (nodes ?? []).flatMap((node) => ('Constraint' in node ? [node.Constraint] : []));

const serial = /^(?:small|big)?serial[248]?$/;

const typeOf = ({ typeName }: ColumnDef): string => {
  const last = typeName?.names?.at(-1);
  return last !== undefined && 'String' in last ? (last.String.sval ?? '') : '';
};

/** Functions whose value is one for the whole statement: a default of them is stored once, not row by row. */
const steady = new Set([
  'now',
  'transaction_timestamp',
  'statement_timestamp',
  'current_setting',
  'to_timestamp',
]);

/** Whether the default has to be counted for every row: a call of a function that nobody knows to be steady. */
const isVolatile = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  if ('FuncCall' in value) {
    const call = value.FuncCall as { readonly funcname?: readonly Node[] };
    const last = call.funcname?.at(-1);
    const name = last !== undefined && 'String' in last ? (last.String.sval ?? '') : '';
    if (!steady.has(name)) return true;
  }
  return Object.values(value).some(isVolatile);
};

/** What is wrong with a new column of a table that has rows and is in use. */
export const judgeNewColumn = (column: ColumnDef, table: string): readonly Fault[] => {
  const name = `the column ${column.colname ?? '?'} of ${table}`;
  const constraints = constraintsOf(column.constraints);
  const standard = constraints.find(({ contype }) => contype === 'CONSTR_DEFAULT');
  const faults: Fault[] = [];
  if (serial.test(typeOf(column))) {
    faults.push(
      locks(
        `adds ${name} as a serial, which rewrites the table`,
        'Add it nullable, fill it in backfill.sql.',
      ),
    );
  }
  if (standard !== undefined && isVolatile(standard.raw_expr)) {
    faults.push(
      locks(
        `adds ${name} with a default that differs from row to row, which rewrites the table`,
        'Add it without a default, set the default in a second statement, fill the old rows in backfill.sql.',
      ),
    );
  }
  for (const { contype } of constraints) {
    const kind: string = contype ?? '';
    switch (kind) {
      case 'CONSTR_NOTNULL':
        if (standard === undefined) {
          faults.push(
            destructive(
              `adds ${name} as NOT NULL without a default: what the old version inserts would be refused`,
              'Add it nullable, or with a default.',
            ),
          );
        }
        break;
      case 'CONSTR_PRIMARY':
      case 'CONSTR_UNIQUE':
        faults.push(
          locks(
            `adds ${name} with an index, which is built while nobody may write`,
            'Add the column alone; CREATE UNIQUE INDEX CONCURRENTLY in a migration of its own.',
          ),
        );
        break;
      case 'CONSTR_CHECK':
        faults.push(
          locks(
            `adds ${name} with a CHECK, for which the table is read while nobody may use it`,
            'Add the column, then ADD CONSTRAINT … CHECK … NOT VALID, then VALIDATE CONSTRAINT.',
          ),
        );
        break;
      case 'CONSTR_GENERATED':
      case 'CONSTR_IDENTITY':
        faults.push(
          locks(
            `adds ${name} as generated, which rewrites the table`,
            'Add it nullable and let the application, or a trigger, write it; fill the old rows in backfill.sql.',
          ),
        );
        break;
      default:
        break;
    }
  }
  return faults;
};
