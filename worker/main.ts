import { pathToFileURL } from 'node:url';
import { Command, CommanderError } from 'commander';
import type { Logger } from 'pino';
import { errorTable, SluiceError } from '../runbooks/errors.ts';
import type { Config } from '../src/config.ts';
import { configTable, readConfig } from '../src/config.ts';
import { packageVersion } from '../src/packaged.ts';
import { migrate } from '../src/store/open.ts';
import { runBreakGlass } from './break-glass.ts';
import { startDev } from './dev.ts';
import { startLog } from './log.ts';
import { drain, release } from './release.ts';
import type { Running } from './serve.ts';
import { startServe, startWorker } from './serve.ts';

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** Runs a program until SIGTERM or SIGINT, then stops it in order; a second signal ends at once. */
const runUntilStopped = async (start: (config: Config, log: Logger) => Promise<Running>): Promise<number> => {
  const config = readConfig(process.env);
  const log = startLog(config.logLevel);
  const began = performance.now();
  // Listened for from the first moment: a signal that comes during the start is obeyed right after it, in order.
  const signalled = new Promise<NodeJS.Signals>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  const running = await start(config, log);
  say(`${running.says}\nready in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  const signal = await Promise.race([running.failed, signalled]);
  say(`${signal}: stopping in order; once more ends at once`);
  const again = (): never => process.exit(130);
  process.on('SIGTERM', again);
  process.on('SIGINT', again);
  await running.stop();
  return 0;
};

const dev = async (config: Config, log: Logger): Promise<Running> => {
  const running = await startDev(config, log);
  const { temporal, practice } = running;
  const found = (adopted: boolean): string => (adopted ? ' (found running)' : '');
  return {
    says: [
      `sluiced ${packageVersion()} in ${config.home}`,
      `  API       ${running.url}`,
      `  Temporal  ${temporal.address}${temporal.ui === null ? '' : `, UI ${temporal.ui}`}${found(temporal.adopted)}`,
      `  practice  ${practice === null ? 'none' : `process ${String(practice.pid)}${found(practice.adopted)}`}`,
      `  services  ${config.services}`,
    ].join('\n'),
    failed: running.failed,
    stop: () => running.stop(),
  };
};

const program = (result: { code: number }): Command => {
  const sluiced = new Command('sluiced')
    .description('The daemon of Sluice.')
    .version(packageVersion())
    .showSuggestionAfterError()
    .exitOverride();
  const runs = (name: string, says: string, act: (...args: string[]) => Promise<number>): void => {
    sluiced
      .command(name)
      .description(says)
      .action(async (...args: unknown[]) => {
        result.code = await act(...args.filter((arg) => typeof arg === 'string'));
      });
  };
  const prints = (act: () => Promise<string>) => async (): Promise<number> => {
    say(await act());
    return 0;
  };
  runs('dev', 'everything on one machine: Temporal, ledger, worker, API, practice service', () =>
    runUntilStopped(dev),
  );
  runs('worker', 'a Temporal worker (needs Postgres and a Temporal service)', () =>
    runUntilStopped(startWorker),
  );
  runs('serve', 'API (needs Postgres and a Temporal service)', () => runUntilStopped(startServe));
  runs(
    'migrate',
    "brings the Postgres ledger's schema up to this version",
    prints(async () => {
      const { databaseUrl } = readConfig(process.env);
      if (databaseUrl === null) {
        throw new SluiceError({
          code: 'CONFIG_INVALID',
          message: 'SLUICE_DATABASE_URL is not set; an embedded ledger is migrated by itself.',
        });
      }
      const done = await migrate(databaseUrl);
      return done.length === 0 ? 'Nothing to do: the schema is current.' : `Migrated: ${done.join(', ')}.`;
    }),
  );
  runs('release', 'makes the workers of this build the current ones', prints(release));
  runs('drain <build>', 'waits until no rollout runs on an older build', (build) =>
    prints(() => drain(build ?? '', say))(),
  );
  runs(
    'break-glass <service> <reason> [environment]',
    'the way back that a rollout left beside the target, without Temporal and ledger',
    (service, reason, environment) => prints(() => runBreakGlass(service ?? '', reason ?? '', environment))(),
  );
  const width = Math.max(...configTable().map(({ name }) => name.length));
  sluiced.addHelpText(
    'after',
    `\nEnvironment:\n${configTable()
      .map(
        (row) => `  ${row.name.padEnd(width)}  ${row.says}${row.default === '' ? '' : ` (${row.default})`}`,
      )
      .join('\n')}\nTemporal's own variables say where Temporal is: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, …`,
  );
  return sluiced;
};

/** `sluiced`: `argv` without node and script. Resolves to the exit code; errors are told on stderr. */
export const main = async (argv: string[]): Promise<number> => {
  const result = { code: 0 };
  try {
    await program(result).parseAsync(argv, { from: 'user' });
    return result.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (!(error instanceof SluiceError)) throw error;
    process.stderr.write(
      `${error.code}: ${error.message}\n${error.hint === undefined ? '' : `${error.hint}\n`}`,
    );
    return errorTable[error.code].exit;
  }
};

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exit(await main(process.argv.slice(2)));
}
