import { availableParallelism } from 'node:os';
import path from 'node:path';
import { duration, say, sentenceOf } from './report.ts';
import { jestNodeFlags } from './run-jest.ts';
import { type ProgramResult, runProgram, runTool } from './run-program.ts';
import { exists, root } from './stamp.ts';

/** Tests that need no process, no network and no disk: what `npm run check` runs. */
export const pureTests = [
  'test/runbooks',
  'test/src/gates',
  'test/src/service-file',
  'test/src/api/pure',
] as const;

const cruised = ['runbooks', 'workflows', 'src', 'activities', 'worker', 'test', 'tools', 'bin'] as const;
const cache = (name: string): string => path.join('node_modules', '.cache', 'sluice', name);

const types = (project: string): Promise<ProgramResult> =>
  runTool('typescript/bin/tsc', [
    '-p',
    project,
    '--incremental',
    '--tsBuildInfoFile',
    cache(`${project}.buildinfo`),
  ]);

/** What must hold before a change is shown to anybody, the slow ones first. */
const lanes: Readonly<Record<string, () => Promise<ProgramResult>>> = {
  lint: () =>
    runTool('eslint/bin/eslint.js', [
      ...['.', '--max-warnings', '0'],
      // The cache knows a file by its content, and rules with types look into other files: good enough all day only.
      ...(process.env['CI'] === 'true'
        ? []
        : ['--cache', '--cache-strategy', 'content', '--cache-location', cache('eslint')]),
    ]),
  types: () => types('tsconfig.json'),
  unit: async () => await runUnitTests(await present(pureTests)),
  'workflow-types': () => types('tsconfig.workflows.json'),
  direction: async () =>
    await runTool('dependency-cruiser/bin/dependency-cruiser.mjs', [
      ...['--config', '.dependency-cruiser.cjs'],
      ...(await present(cruised)),
    ]),
  format: () =>
    runTool('prettier/bin/prettier.cjs', ['--check', '.', '--cache', '--cache-location', cache('prettier')]),
};

async function runUnitTests(folders: readonly string[]): Promise<ProgramResult> {
  const workers = `--maxWorkers=${String(availableParallelism())}`;
  // A simulation of hundreds of watches is no unit: `npm test` has it.
  const ignored = '--testPathIgnorePatterns=simulation';
  const args = [...jestNodeFlags, 'node_modules/jest/bin/jest.js', workers, ignored, '--', ...folders];
  return await runProgram(process.execPath, args, root);
}

async function present(folders: readonly string[]): Promise<readonly string[]> {
  const there = await Promise.all(folders.map((folder) => exists(path.join(root, folder))));
  return folders.filter((_, index) => there[index] === true);
}

/** Runs the lanes, as many at once as there are cores; whether all of them hold. */
async function check(names: readonly string[]): Promise<boolean> {
  const waiting = [...names];
  const failed: string[] = [];
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const run = lanes[name];
      if (run === undefined) throw new Error(`There is no lane "${name}": ${Object.keys(lanes).join(', ')}.`);
      const start = performance.now();
      const { ok, output } = await run();
      say(`${ok ? 'ok    ' : 'FAILED'}  ${name} (${duration((performance.now() - start) / 1000)})`);
      if (!ok) {
        failed.push(name);
        say(output.trimEnd());
      }
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  if (failed.length > 0) say(`Failed: ${failed.join(', ')}.`);
  return failed.length === 0;
}

if (import.meta.main) {
  try {
    const asked = process.argv.slice(2);
    process.exitCode = (await check(asked.length === 0 ? Object.keys(lanes) : asked)) ? 0 : 1;
  } catch (error) {
    say(sentenceOf(error));
    process.exitCode = 1;
  }
}
