import { buildBundle } from './build-bundle.ts';
import { buildDist } from './build-dist.ts';
import { buildLedger } from './build-ledger.ts';
import { say, sentenceOf } from './report.ts';

/** Everything the package contains beside its sources; what is up to date is left alone. */
export async function build(): Promise<void> {
  const steps = [
    ['workflow bundle', buildBundle],
    ['prepared ledger', buildLedger],
    ['JavaScript', buildDist],
  ] as const;
  for (const [name, make] of steps) {
    const start = performance.now();
    if (await make()) say(`Built the ${name} (${((performance.now() - start) / 1000).toFixed(1)} s).`);
  }
}

if (import.meta.main) {
  try {
    await build();
  } catch (error) {
    say(sentenceOf(error));
    process.exitCode = 1;
  }
}
