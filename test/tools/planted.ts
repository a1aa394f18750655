import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runProgram } from '../../tools/run-program.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** A checkout with this repository's rules and other sources: each file planted to break one rule, or none. */
export type Plantation = {
  /** `file: rule` of everything ESLint finds, sorted. */
  readonly lint: () => Promise<readonly string[]>;
  /** `file: rule` of everything dependency-cruiser finds, sorted. */
  readonly direction: () => Promise<readonly string[]>;
  readonly remove: () => Promise<void>;
};

const rules = [
  'package.json',
  'eslint.config.js',
  '.dependency-cruiser.cjs',
  'tsconfig.json',
  'tsconfig.workflows.json',
  'tools/eslint',
];

/** Writes `sources` (path → text) into a new temporary folder beside a copy of the rules. */
export async function plant(sources: Readonly<Record<string, string>>): Promise<Plantation> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-planted-'));
  for (const rule of rules) await cp(path.join(root, rule), path.join(folder, rule), { recursive: true });
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  for (const [file, text] of Object.entries(sources)) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), text);
  }
  const node = async (script: string, args: readonly string[]): Promise<unknown> => {
    const program = path.join('node_modules', script);
    const { output } = await runProgram(process.execPath, [program, ...args], folder, {
      ...process.env,
      NODE_OPTIONS: '',
    });
    return JSON.parse(output) as unknown;
  };
  const folders = [...new Set(Object.keys(sources).map((file) => file.split('/')[0] ?? ''))];
  return {
    lint: async () => {
      const results = (await node('eslint/bin/eslint.js', ['--format', 'json', ...folders])) as readonly {
        readonly filePath: string;
        readonly messages: readonly { readonly ruleId: string | null; readonly message: string }[];
      }[];
      return results
        .flatMap(({ filePath, messages }) =>
          messages.map(({ ruleId, message }) => `${path.relative(folder, filePath)}: ${ruleId ?? message}`),
        )
        .sort();
    },
    direction: async () => {
      const result = (await node('dependency-cruiser/bin/dependency-cruiser.mjs', [
        ...['--config', '.dependency-cruiser.cjs', '--output-type', 'json'],
        ...folders,
      ])) as {
        readonly summary: {
          readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[];
        };
      };
      return result.summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`).sort();
    },
    remove: async () => await rm(folder, { recursive: true, force: true }),
  };
}
