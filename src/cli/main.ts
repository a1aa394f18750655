import { CommanderError } from 'commander';
import { closest } from '../../runbooks/closest.ts';
import type { Problem } from '../../runbooks/errors.ts';
import { packageVersion } from '../packaged.ts';
import { Api } from './client.ts';
import { asProblem, reportProblem } from './failure.ts';
import { groups } from './grammar.ts';
import { programOf } from './program.ts';
import type { Terminal } from './terminal.ts';
import { processTerminal } from './terminal.ts';

/** The program `sluice` on this process's streams. Resolves to the exit code; never rejects. */
export async function main(argv: string[]): Promise<number> {
  // A reader that has seen enough, such as `head`, is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return run(argv, processTerminal());
}

/** `main` on any streams. */
export const run = async (argv: readonly string[], terminal: Terminal): Promise<number> => {
  // Asked before parsing, because parsing is what may go wrong.
  const json = argv.includes('--json');
  let exit = 0;
  const program = programOf({
    terminal,
    api: new Api(terminal.env),
    version: packageVersion(),
    done: (code) => {
      exit = code;
    },
  });
  if (argv.length === 0) {
    terminal.out.write(program.helpInformation());
    return 0;
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      return reportProblem(terminal, usageProblem(error, argv), json);
    }
    return reportProblem(terminal, asProblem(error), json);
  }
};

/** `error: unknown command 'deplyo'\n(Did you mean deploy?)` in the words of every other error. */
const usageProblem = ({ message, code }: CommanderError, argv: readonly string[]): Problem => {
  // `sluice help deplyo`: commander would print all of the help instead.
  if (code === 'commander.help') return unknownTopic(argv[1] ?? '');
  const [said = '', ...suggestions] = message.replace(/^error: /, '').split('\n');
  const near = suggestions.join(' ').replace(/^\((.*)\)$/, '$1');
  const command = argv.find((arg) => !arg.startsWith('-'));
  const help =
    near !== '' || command === undefined || said.startsWith('unknown command')
      ? 'sluice --help shows the commands.'
      : `sluice ${command} --help shows how it goes.`;
  return {
    code: 'USAGE',
    message: `${said.charAt(0).toUpperCase()}${said.slice(1)}.`,
    hint: near === '' ? help : `${near} ${help}`,
  };
};

const unknownTopic = (topic: string): Problem => {
  const names = groups.flatMap(([, rows]) => rows.map(({ usage }) => usage.split(' ')[0] ?? ''));
  const near = closest(topic, names);
  const meant = near === null ? '' : `Did you mean ${near}? `;
  return {
    code: 'USAGE',
    message: `There is no command "${topic.slice(0, 60)}".`,
    hint: `${meant}sluice --help shows the commands.`,
  };
};
