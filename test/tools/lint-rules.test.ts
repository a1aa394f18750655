import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { plant, type Plantation } from './planted.ts';

const workflow = (body: string): string => `import { sleep } from '@temporalio/workflow';

export async function planted(): Promise<unknown> {
  await sleep('1 minute');
  ${body}
}
`;

const store = (body: string): string => `type Query = { readonly execute: () => Promise<void> };
type Db = {
  readonly insert: (row: string) => Query;
  readonly transaction: () => { readonly execute: (work: (trx: Db) => Promise<void>) => Promise<void> };
};

export async function planted(db: Db): Promise<void> {
  ${body}
}
`;

/** Each file breaks the rule named beside it, once. */
const planted: Readonly<Record<string, { readonly rule: string; readonly text: string }>> = {
  'workflows/process.ts': { rule: 'no-restricted-globals', text: workflow("return process.env['HOME'];") },
  'workflows/buffer.ts': { rule: 'no-restricted-globals', text: workflow("return Buffer.from('a');") },
  'workflows/interval.ts': {
    rule: 'no-restricted-globals',
    text: workflow('return setInterval(() => undefined, 1);'),
  },
  'workflows/fetch.ts': {
    rule: 'no-restricted-globals',
    text: workflow("return await fetch('http://127.0.0.1');"),
  },
  'workflows/weak-ref.ts': { rule: 'no-restricted-globals', text: workflow('return new WeakRef({});') },
  'workflows/finalizer.ts': {
    rule: 'no-restricted-globals',
    text: workflow('return new FinalizationRegistry(() => undefined);'),
  },
  'workflows/crypto.ts': { rule: 'no-restricted-globals', text: workflow('return crypto.randomUUID();') },
  'workflows/locale.ts': {
    rule: 'no-restricted-properties',
    text: workflow('return (1.5).toLocaleString();'),
  },
  'workflows/node.ts': {
    rule: 'no-restricted-imports',
    text: "import { readFileSync } from 'node:fs';\n\nexport const planted = (): Buffer => readFileSync('a');\n",
  },
  'workflows/bare-node.ts': {
    rule: 'no-restricted-imports',
    text: "import { join } from 'path';\n\nexport const planted = (): string => join('a', 'b');\n",
  },
  'workflows/client.ts': {
    rule: 'no-restricted-imports',
    text: "import type { Client } from '@temporalio/client';\n\nexport type Planted = Client;\n",
  },
  'workflows/plain-error.ts': {
    rule: 'no-restricted-syntax',
    text: workflow("throw new Error('for ever');"),
  },
  'workflows/dynamic.ts': {
    rule: 'no-restricted-syntax',
    text: workflow("return await import('../runbooks/clean.ts');"),
  },
  // It would compile, and reject nothing.
  'workflows/async-validator.ts': {
    rule: '@typescript-eslint/no-misused-promises',
    text: `import { defineUpdate, setHandler } from '@temporalio/workflow';

export function planted(): void {
  setHandler(defineUpdate<string>('planted'), () => 'done', { validator: async () => undefined });
}
`,
  },
  'runbooks/random.ts': {
    rule: 'no-restricted-properties',
    text: 'export const planted = (): number => Math.random();\n',
  },
  'runbooks/clock.ts': {
    rule: 'no-restricted-properties',
    text: 'export const planted = (): number => Date.now();\n',
  },
  'runbooks/today.ts': {
    rule: 'no-restricted-syntax',
    text: 'export const planted = (): Date => new Date();\n',
  },
  'src/gates/clock.ts': {
    rule: 'no-restricted-properties',
    text: 'export const planted = (): number => Date.now();\n',
  },
  'src/default.ts': { rule: 'no-restricted-syntax', text: 'export default 1;\n' },
  'src/all.ts': { rule: 'no-restricted-syntax', text: "export * from '../runbooks/clean.ts';\n" },
  'src/shell.ts': {
    rule: 'no-restricted-imports',
    text: "import { exec } from 'node:child_process';\n\nexport const planted = (name: string): unknown => exec(`rm ${name}`);\n",
  },
  'src/any.ts': {
    rule: '@typescript-eslint/no-explicit-any',
    text: 'export const planted = (value: any): boolean => value === 1;\n',
  },
  'src/bang.ts': {
    rule: '@typescript-eslint/no-non-null-assertion',
    text: 'export const planted = (list: readonly string[]): string => list[0]!;\n',
  },
  'src/floating.ts': {
    rule: '@typescript-eslint/no-floating-promises',
    text: 'export function planted(work: () => Promise<void>): void {\n  work();\n}\n',
  },
  'src/switch.ts': {
    rule: '@typescript-eslint/switch-exhaustiveness-check',
    text: `export function planted(verdict: 'pass' | 'breach'): number {
  switch (verdict) {
    case 'pass':
      return 0;
  }
  return 1;
}
`,
  },
  'src/empty-catch.ts': {
    rule: 'no-empty',
    text: 'export function planted(work: () => void): void {\n  try {\n    work();\n  } catch {}\n}\n',
  },
  'src/store/outer.ts': {
    rule: 'sluice/no-outer-db',
    text: store("await db.transaction().execute(async () => {\n    await db.insert('a').execute();\n  });"),
  },
  'src/store/outer-by-another-name.ts': {
    rule: 'sluice/no-outer-db',
    text: store(
      "const ledger = db;\n  await ledger.transaction().execute(async () => {\n    await ledger.insert('a').execute();\n  });",
    ),
  },
  'src/store/outer-of-another.ts': {
    rule: 'sluice/no-outer-db',
    text: `import type { Db } from './clean.ts';

export class Planted {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async write(): Promise<void> {
    await this.#db.transaction().execute(async (trx) => {
      await trx.insert('a').execute();
      await this.#db.insert('b').execute();
    });
  }
}
`,
  },
};

/** Files that look alike and break nothing. */
const clean: Readonly<Record<string, string>> = {
  'runbooks/clean.ts': 'export const clean = (ms: number): string => new Date(ms).toISOString();\n',
  'workflows/clean.ts': workflow('return Date.now() + Math.random();'),
  'src/store/clean.ts': store(
    `const other = db;
  await db.transaction().execute(async (trx) => {
    await trx.insert('a').execute();
    const inner = async (db: Db): Promise<void> => await db.insert('b').execute();
    await inner(trx);
  });
  await other.insert('c').execute();`,
  ).replace('type Db', 'export type Db'),
};

describe('the lint rules', () => {
  let plantation: Plantation;
  let found: readonly string[] = [];

  beforeAll(async () => {
    const texts = Object.fromEntries(Object.entries(planted).map(([file, { text }]) => [file, text]));
    plantation = await plant({ ...texts, ...clean });
    found = await plantation.lint();
  }, 180_000);
  afterAll(async () => await plantation.remove());

  test.each(Object.entries(planted))('%s is caught', (file, { rule }) => {
    expect(found.filter((line) => line.startsWith(`${file}: `))).toEqual([`${file}: ${rule}`]);
  });

  test.each(Object.keys(clean))('%s is let through', (file) => {
    expect(found.filter((line) => line.startsWith(`${file}: `))).toEqual([]);
  });

  test('a comment switches no rule off', async () => {
    const other = await plant({
      'src/off.ts': '/* eslint-disable no-restricted-syntax */\nexport default 1;\n',
    });
    try {
      expect(await other.lint()).toContain('src/off.ts: no-restricted-syntax');
    } finally {
      await other.remove();
    }
  });
});
