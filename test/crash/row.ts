/** One line of the lane's table: a boundary, or a scenario. `null`: does not apply. */
export type Row = {
  readonly name: string;
  /** How the rollout ended, in words of the ledger. */
  readonly ended: string;
  /** Whether each effect was there once; the deadlines were kept; the ledger has each transition once. */
  readonly effects: boolean | null;
  readonly deadline: boolean | null;
  readonly ledger: boolean | null;
  readonly seconds: number;
  /** Empty: the row has passed. */
  readonly problems: readonly string[];
};

const widths = { name: 52, ended: 20, effects: 12, deadline: 9, ledger: 7 } as const;
type Column = keyof typeof widths;

const cells = (row: Readonly<Record<Column, string>>, seconds: string): string =>
  [
    ...(Object.keys(widths) as Column[]).map((column) => row[column].padEnd(widths[column])),
    seconds.padStart(7),
  ].join(' ');

export const heading = cells(
  { name: 'boundary', ended: 'ended', effects: 'effects', deadline: 'deadline', ledger: 'ledger' },
  'seconds',
);

const verdict = (ok: boolean | null, good: string): string => (ok === null ? '–' : ok ? good : 'NO');

/** The row as a line, and its problems below it. */
export const sayRow = (row: Row): string =>
  [
    cells(
      {
        name: row.name,
        ended: row.ended,
        effects: verdict(row.effects, 'once'),
        deadline: verdict(row.deadline, 'kept'),
        ledger: verdict(row.ledger, 'once'),
      },
      row.seconds.toFixed(1),
    ),
    ...row.problems.map((problem) => `    FAILED: ${problem}`),
  ].join('\n');

/** A row that judges no rollout. */
export const plainRow = (name: string, seconds: number, problems: readonly string[]): Row => ({
  name,
  ended: '–',
  effects: null,
  deadline: null,
  ledger: null,
  seconds,
  problems,
});
