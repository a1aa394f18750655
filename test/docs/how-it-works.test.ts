import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { stateTable } from '../../runbooks/state.ts';

test('the table of states in docs/how-it-works.md is the table of the code', () => {
  const text = readFileSync(new URL('../../docs/how-it-works.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `([a-z-]+)` +\| ([^|]+) \| ([^|]+) \|$/gm)].map((row) => ({
    state: row[1] ?? '',
    takes: (row[2] ?? '').trim(),
    exit: (row[3] ?? '').trim(),
  }));
  const states = Object.entries(stateTable);
  expect(rows.map(({ state }) => state).sort()).toEqual(states.map(([state]) => state).sort());
  for (const [state, row] of states) {
    const written = rows.find((item) => item.state === state);
    expect(written?.exit).toBe(row.exit === null ? '–' : String(row.exit));
    for (const command of Object.keys(row.accepts)) expect(written?.takes).toContain(command);
    if (Object.keys(row.accepts).length === 0) expect(written?.takes).toContain('nothing');
  }
});
