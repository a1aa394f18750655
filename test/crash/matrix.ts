import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { Row } from './row.ts';

const root = join(import.meta.dirname, '../..');
const strategies = ['recreate', 'rolling', 'blue-green', 'canary', 'feature-flag'] as const;
const targets = ['practice', 'command', 'haproxy'] as const;
const pattern = new RegExp(`^(?:(${targets.join('|')})-)?(${strategies.join('|')})(?:-(up|back))?: (.*)$`);
/** The canary on the practice target is killed in rollouts of their own. */
const ofCanary = /^(?:plan|back|ramp|deploy|keep): (.*)$/;

type Cell = { readonly target: string; readonly strategy: string; readonly what: string; readonly row: Row };

const cellOf = (row: Row): Cell | null => {
  const canary = ofCanary.exec(row.name);
  if (canary !== null)
    return { target: 'practice', strategy: 'canary', what: `killed ${canary[1] ?? ''}`, row };
  const found = pattern.exec(row.name);
  if (found === null) return null;
  const [, target = 'practice', strategy = '', way, what = ''] = found;
  const killed = way === undefined ? what : `killed ${what}${way === 'back' ? ', on the way back' : ''}`;
  return { target, strategy, what: killed, row };
};

const sayCell = (cell: Cell | undefined): string =>
  cell === undefined
    ? ''
    : cell.row.problems.length === 0
      ? `${cell.row.ended}, ${cell.row.seconds.toFixed(1)} s`
      : `**failed**: ${cell.row.problems[0]?.split('\n')[0]?.replaceAll('|', '/') ?? ''}`;

const tableOf = (cells: readonly Cell[], target: string): readonly string[] => {
  const own = cells.filter((cell) => cell.target === target);
  const whats = [...new Set(own.map(({ what }) => what))].sort();
  return [
    `## ${target}`,
    '',
    `| | ${strategies.join(' | ')} |`,
    `| --- |${' --- |'.repeat(strategies.length)}`,
    ...whats.map((what) => {
      const row = strategies.map((strategy) =>
        sayCell(own.find((cell) => cell.what === what && cell.strategy === strategy)),
      );
      return `| ${what} | ${row.join(' | ')} |`;
    }),
    '',
  ];
};

/** `docs/strategy-matrix.md`: every cell of the whole matrix, as it was on this commit. Returns where it stands. */
export const writeMatrix = async (rows: readonly Row[]): Promise<string> => {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain') === '' ? '' : ', with changes that were not committed';
  const cells = rows.map(cellOf).filter((cell) => cell !== null);
  const failed = cells.filter(({ row }) => row.problems.length > 0).length;
  const lines = [
    '# Every strategy on every target',
    '',
    `Written by \`npm run test:crash -- --full\` on commit ${git('rev-parse', '--short', 'HEAD')}${changed}: ${cells.length - failed} cells passed, ${failed} failed.`,
    '',
    'A cell says how the rollout ended, and the seconds that it took; where the daemon was killed, the seconds from the kill until the activity was done. What is judged in each is in [crash-lane.md](crash-lane.md). An empty cell is a step that the strategy does not have.',
    '',
    ...targets.flatMap((target) => tableOf(cells, target)),
  ];
  const file = join(root, 'docs/strategy-matrix.md');
  const options = (await resolveConfig(file)) ?? {};
  writeFileSync(file, await format(lines.join('\n'), { ...options, filepath: file }));
  return file;
};
