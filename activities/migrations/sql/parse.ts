import { createRequire } from 'node:module';
import type * as libpgQuery from 'libpg-query';
import type { Node } from 'libpg-query';
import { fault } from '../fault.ts';
import type { SqlFile } from './folder.ts';

// The package's ES module entry does not load its WASM under a loader of its own (Jest); its CommonJS entry does.
type Parser = Pick<typeof libpgQuery, 'parse' | 'hasSqlDetails'>;
const { parse, hasSqlDetails } = createRequire(import.meta.url)('libpg-query') as Parser;

/** One statement as PostgreSQL's own parser reads it. `line` counts from 1 and is that of its first word. */
export type Statement = { readonly node: Node; readonly text: string; readonly line: number };

/** Line of a place in a text, from 1. */
export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/**
 * The statements of a file.
 *
 * @throws SluiceError MIGRATION_INVALID with file and line
 */
export const parseSql = async (file: SqlFile): Promise<readonly Statement[]> => {
  const { path, text } = file;
  if (text.trim() === '') {
    throw fault('MIGRATION_INVALID', {
      message: `${path} is empty.`,
      hint: 'Write SQL into it, or remove it.',
    });
  }
  const { stmts } = await parsed(path, text);
  // The parser counts bytes.
  const bytes = Buffer.from(text, 'utf8');
  const statements = (stmts ?? []).flatMap(({ stmt, stmt_location: begin = 0, stmt_len: length = 0 }) => {
    if (stmt === undefined) return [];
    const end = length === 0 ? bytes.length : begin + length;
    const before = bytes.toString('utf8', 0, begin);
    const own = bytes.toString('utf8', begin, end);
    const lead = own.length - own.trimStart().length;
    return [{ node: stmt, text: own.trim(), line: lineAt(before + own, before.length + lead) }];
  });
  if (statements.length > 0) return statements;
  throw fault('MIGRATION_INVALID', {
    message: `${path} holds no statement.`,
    hint: 'Write SQL into it, or remove it.',
  });
};

const parsed = async (path: string, text: string) => {
  try {
    return await parse(text);
  } catch (error) {
    if (!hasSqlDetails(error)) throw error;
    const line = lineAt(text, error.sqlDetails?.cursorPosition ?? 0);
    throw fault(
      'MIGRATION_INVALID',
      {
        message: `${path}:${String(line)}: ${error.message}.`,
        hint: 'This is what PostgreSQL 18 itself says of it; nothing was run.',
        details: { path, line },
      },
      error,
    );
  }
};
