import { z } from 'zod';
import type { Problem } from '../../runbooks/errors.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import { clipLine, visible } from './visible.ts';

const fileProblemSchema = z.object({
  file: z.string(),
  line: z.int(),
  column: z.int(),
  path: z.string(),
  message: z.string(),
  hint: z.string().nullable(),
  source: z.object({ text: z.string(), caret: z.int() }).nullable(),
});

/**
 * One thing that is wrong with a file. `line` and `column` count from 1 (columns in UTF-16 units, as editors do);
 * `path` is the place in the document, such as `environments.production.gates`, or empty for the file as a whole.
 * `source` is the line as it can be shown, and where in it the problem begins (from 0).
 */
export type FileProblem = Readonly<z.infer<typeof fileProblemSchema>>;

/** A place in a text and what is wrong there; `offset` in UTF-16 units. */
export type Finding = {
  readonly offset: number;
  /** The file it stands in where that is another one: what is inherited is wrong where it was said. */
  readonly in?: { readonly path: string; readonly body: string };
  readonly path: string;
  readonly message: string;
  readonly hint: string | null;
};

/** More than this helps nobody; the error says how many there are. */
export const mostProblems = 50;

/** Findings as problems with line and column, in the order of the text; those of other files come last. */
export const placeFindings = (
  findings: readonly Finding[],
  text: string,
  file: string,
): readonly FileProblem[] => {
  const own = findings.filter((finding) => finding.in === undefined);
  const others = new Set(findings.flatMap((finding) => (finding.in === undefined ? [] : [finding.in])));
  return [
    ...placeIn(own, text, file),
    ...[...others].flatMap((other) =>
      placeIn(
        findings.filter((finding) => finding.in === other),
        other.body,
        other.path,
      ),
    ),
  ].slice(0, mostProblems);
};

const placeIn = (findings: readonly Finding[], text: string, file: string): readonly FileProblem[] => {
  const starts = lineStarts(text);
  return [...findings]
    .sort((one, other) => one.offset - other.offset)
    .slice(0, mostProblems)
    .map(({ offset, path, message, hint }) => {
      const at = Math.max(0, Math.min(offset, text.length));
      const { line, column } = placeFrom(starts, at);
      const start = at - column + 1;
      const shown = text.slice(start, starts[line] ?? text.length).replace(/[\r\n]+$/, '');
      const source = text === '' ? null : clipLine(shown, at - start);
      return { file, line, column, path, message, hint, source };
    });
};

const placeFrom = (starts: readonly number[], offset: number) => {
  const index = lineAt(starts, offset);
  return { line: index + 1, column: offset - (starts[index] ?? 0) + 1 };
};

/** Line and column of an offset, both from 1. */
export const placeOf = (text: string, offset: number): { readonly line: number; readonly column: number } =>
  placeFrom(lineStarts(text), offset);

/** Why a file is refused. `total`: how many problems there were; `service`: the name it declares, if that is seen. */
export type Refusal = {
  readonly problems: readonly FileProblem[];
  readonly total: number;
  readonly service: string | null;
  readonly cause?: unknown;
};

/** The error that refuses a file: SERVICE_FILE_INVALID, the refusal's parts in its `details`. */
export const serviceFileError = ({ problems, total, service, cause }: Refusal): SluiceError => {
  const [first] = problems;
  const more = total > 1 ? ` (and ${String(total - 1)} more)` : '';
  const said = first === undefined ? 'The service file is wrong' : `${sayPlace(first)}: ${sayWhat(first)}`;
  return new SluiceError(
    {
      code: 'SERVICE_FILE_INVALID',
      message: `${said}${more}.`,
      ...(first === undefined || first.hint === null ? {} : { hint: first.hint }),
      details: { problems, total, service },
    },
    cause === undefined ? undefined : { cause },
  );
};

/** The problems that an error carries, also one that came over the wire; none where it carries none. */
export const fileProblems = (problem: {
  readonly details?: Problem['details'] | undefined;
}): readonly FileProblem[] => {
  const parsed = z.array(fileProblemSchema).safeParse(problem.details?.['problems']);
  return parsed.success ? parsed.data : [];
};

/** The problems for a terminal: place, what is wrong, the line with a caret, the mend. No colours. */
export const renderProblems = (problems: readonly FileProblem[]): string =>
  problems
    .map((problem) => {
      const margin = String(problem.line);
      const blank = ' '.repeat(margin.length);
      const shown = problem.source;
      return [
        `${sayPlace(problem)}: ${sayWhat(problem)}`,
        ...(shown === null
          ? []
          : [`  ${margin} | ${shown.text}`, `  ${blank} | ${' '.repeat(Math.max(0, shown.caret))}^`]),
        ...(problem.hint === null ? [] : [`  mend: ${problem.hint}`]),
      ].join('\n');
    })
    .join('\n\n');

const sayPlace = ({ file, line, column }: FileProblem): string =>
  `${visible(file)}:${String(line)}:${String(column)}`;

const sayWhat = ({ path, message }: FileProblem): string => (path === '' ? message : `${path} ${message}`);

const lineStarts = (text: string): readonly number[] => {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
};

/** The last line that begins at or before `offset`. */
const lineAt = (starts: readonly number[], offset: number): number => {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
};
