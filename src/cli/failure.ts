import { z } from 'zod';
import type { Problem } from '../../runbooks/errors.ts';
import { errorTable, SluiceError } from '../../runbooks/errors.ts';
import { problem as problemSchema } from '../api/schemas/parts.ts';
import { fileProblems, renderProblems } from '../service-file/problems.ts';
import type { Line } from '../story/text.ts';
import { prose, span } from '../story/text.ts';
import type { Terminal } from './terminal.ts';
import { lookOf, note } from './terminal.ts';

/** What a command ends with when it could not do what was asked. */
export const asProblem = (error: unknown): Problem => {
  if (error instanceof SluiceError) return error.toProblem();
  return {
    code: 'INTERNAL',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    hint: 'This is a fault of sluice itself: please report it with the lines above.',
  };
};

/** Several refusals of one request, as the API sends them. */
const refusalsOf = ({ details }: Problem): readonly Problem[] => {
  const parsed = z.array(problemSchema).safeParse(details?.['problems']);
  return parsed.success ? parsed.data : [];
};

/** Says on standard error what happened, why, and what to do next. Returns the exit code. */
export const reportProblem = (terminal: Terminal, problem: Problem, json: boolean): number => {
  const { code, message, hint } = problem;
  if (json) {
    terminal.err.write(`${JSON.stringify({ code, message, ...(hint === undefined ? {} : { hint }) })}\n`);
    return errorTable[code].exit;
  }
  const width = Math.max(40, Math.min(110, lookOf(terminal.err, terminal.env).width));
  const several = refusalsOf(problem);
  const only = several.length === 1 ? (several[0] ?? problem) : problem;
  const files = fileProblems(only);
  if (files.length > 0) {
    note(terminal, [[span(`✗ ${errorTable[only.code].says}`, 'bad')], []]);
    terminal.err.write(`${renderProblems(files)}\n`);
    return errorTable[code].exit;
  }
  const lines: readonly Line[] =
    several.length > 1
      ? [
          [span(`✗ ${several.length} problems`, 'bad')],
          ...several.flatMap((each) => sayProblem(each, width, '  ')),
        ]
      : sayProblem(only, width, '');
  note(terminal, lines);
  return errorTable[code].exit;
};

const sayProblem = ({ code, message, hint }: Problem, width: number, indent: string): readonly Line[] => {
  const shift = (lines: readonly Line[], first: string): readonly Line[] =>
    lines.map((line, i) => [span(i === 0 ? first : ' '.repeat(first.length)), ...line]);
  const inner = width - indent.length - 2;
  // A stack has its own lines.
  const said =
    code === 'INTERNAL'
      ? message.split('\n').flatMap((line) => [[span(line, 'bad')]])
      : prose(message, inner, 'bad');
  return [
    ...shift(said, `${indent}✗ `),
    ...(hint === undefined ? [] : shift(prose(hint, inner), `${indent}  `)),
    [span(`${indent}  (${code})`, 'dim')],
  ];
};
