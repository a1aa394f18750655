import { obtainPostgres } from '../test/servers/obtain-postgres.ts';
import { obtainRegistry } from '../test/servers/obtain-registry.ts';
import { build } from './build.ts';
import { obtainPart } from './obtain-part.ts';
import { say, sentenceOf } from './report.ts';
import { trainTestServer } from './train-test-server.ts';

/**
 * The second half of the set-up, on the Node that the packages brought: build, then outside programs. Without
 * Temporal nothing can be shown or tested. Without the time-skipping server one lane of the tests is left out, which
 * only CI must not do.
 */
async function main(args: readonly string[]): Promise<void> {
  await build();
  await obtainPart('temporal');
  if (args.includes('--for=run')) return;
  const timeSkipping = async (): Promise<void> => {
    const { path } = await obtainPart('temporal-test-server');
    try {
      await trainTestServer(path);
    } catch (error) {
      say(`Java does not keep the test server's classes, so its tests take longer: ${sentenceOf(error)}`);
    }
  };
  // The ledger's tests run on a real PostgreSQL, too; those of images on a real registry.
  for (const obtain of [timeSkipping, obtainPostgres, obtainRegistry]) {
    try {
      await obtain();
    } catch (error) {
      if (process.env['CI'] === 'true') throw error;
      say(`${sentenceOf(error)}\nThe tests that need it are skipped.`);
    }
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  say(sentenceOf(error));
  process.exitCode = 1;
}
