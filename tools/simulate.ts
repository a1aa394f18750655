import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { cases } from './simulate/cases.ts';
import type { Case } from './simulate/cases.ts';
import { holds } from './simulate/judge.ts';
import { report } from './simulate/report.ts';
import type { Ran } from './simulate/report.ts';
import { runWatches } from './simulate/watch.ts';

const page = fileURLToPath(new URL('../docs/gate-performance.md', import.meta.url));

const write = async (text: string): Promise<void> => {
  const options = await resolveConfig(page);
  await writeFile(page, await format(text, { ...options, parser: 'markdown' }));
};

/** A case keeps its seeds whatever stands before it. FNV-1a of its name. */
const seedOf = ({ name, requestsPerSecond, demand }: Case): number => {
  let hash = 2_166_136_261;
  for (const letter of `${demand.kind} ${name} ${String(requestsPerSecond)}`) {
    hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16_777_619);
  }
  return hash >>> 0;
};

const { values } = parseArgs({
  options: {
    watches: { type: 'string', default: '2000' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const simulate = (watches: number, only: RegExp | null): readonly Ran[] =>
  cases.flatMap((what) => {
    if (only !== null && !only.test(what.name)) return [];
    const outcome = runWatches(what.scene, watches, seedOf(what));
    const said = holds(what, outcome) ? 'holds' : 'DOES NOT HOLD';
    const name = `${what.name}, ${String(what.requestsPerSecond)} req/s`;
    console.log(
      `${said}: ${what.demand.kind}, ${name}: ` +
        `${String(outcome.breaches)} rolled back, ${String(outcome.passes)} passed of ${String(watches)}`,
    );
    return [{ what, outcome }];
  });

if (values.help) {
  console.log(
    'npm run simulate [-- --watches N] [-- --only NAME]: writes docs/gate-performance.md unless --only',
  );
} else {
  const watches = Number(values.watches);
  if (!Number.isInteger(watches) || watches < 1)
    throw new Error(`--watches ${values.watches}: give a number from 1`);
  const ran = simulate(watches, values.only === undefined ? null : new RegExp(values.only));
  // A page of some cases, or of too few watches to mean anything, would pass for the whole one.
  if (values.only === undefined && watches >= 2000) await write(report(ran, watches));
  else console.log(report(ran, watches));
}
