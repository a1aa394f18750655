import type { Argument, Help } from 'commander';
import { Command } from 'commander';
import type { Api } from './client.ts';
import type { Cli } from './command.ts';
import { optionsSchema } from './command.ts';
import { flags, groups } from './grammar.ts';
import type { Row } from './grammar.ts';
import type { Terminal } from './terminal.ts';

const examples = `
ID is a rollout's id, the beginning of it, or a service: what runs, or ran last.

Examples:
  sluice deploy shop 2.1.0 --wait   ship it, look on, end as it ended
  sluice status shop --watch        look on from anywhere; Ctrl-C detaches
  sluice hold shop --reason lunch   stay at this share; resume goes on
  sluice rollback shop              take it back
  sluice why shop                   the numbers behind the verdict

Exit codes:
  0 succeeded · 1 usage or internal error · 2 refused · 3 rolled back
  4 the way back failed · 5 aborted · 6 denied · 7 approval expired
  8 still running · 9 locked or superseded · 10 not authorised
`;

export type ProgramDeps = {
  readonly terminal: Terminal;
  readonly api: Api;
  readonly version: string;
  /** Told the exit code of the command that ran. */
  readonly done: (exit: number) => void;
};

const help = (): Command =>
  new Command('help')
    .argument('[command]')
    .description('the help of a command')
    .helpOption(false)
    .helpGroup('Look after it:');

/** The program; parsing runs a command, or throws a `CommanderError`. */
export const programOf = ({ terminal, api, version, done }: ProgramDeps): Command => {
  const program = new Command('sluice')
    .description('Ships software and takes it back.')
    .version(version, '-V, --version', 'version of sluice')
    .helpOption('-h, --help', 'this, or the help of a command')
    .addHelpCommand(help())
    // `sluice playbook shop --version 2.1.0` asks for a page, not for the version of sluice.
    .enablePositionalOptions()
    .configureHelp({ subcommandTerm: termOf, helpWidth: Math.min(100, terminal.out.columns ?? 80) })
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      // What is wrong is told by whoever catches it, in the words of every other error.
      writeErr: () => undefined,
    })
    .exitOverride()
    .addHelpText('after', examples);
  for (const [heading, rows] of groups) {
    program.commandsGroup(heading);
    for (const row of rows) {
      add(program, row, async (options, args) => done(await row.act({ terminal, api, options }, ...args)));
    }
  }
  return program;
};

const add = (
  program: Command,
  row: Row,
  act: (options: Cli['options'], args: readonly string[]) => Promise<void>,
): void => {
  const command = program.command(row.usage).description(row.says).helpOption('-h, --help', 'this');
  for (const flag of row.flags) {
    const [term, says] = flags[flag];
    if (flag === 'set' || flag === 'override') command.option(term, says, collect, []);
    else command.option(term, says);
  }
  command.action(async () => {
    await act(optionsSchema.parse(command.opts()), command.args);
  });
};

/** Said several times, it is several. */
const collect = (text: string, before: readonly string[]): readonly string[] => [...before, text];

/** `deploy SERVICE VERSION`, without the options that most commands have. */
const termOf: Help['subcommandTerm'] = (command) =>
  [command.name(), ...command.registeredArguments.map(argumentTerm)].join(' ');

const argumentTerm = (argument: Argument): string => {
  const name = `${argument.name().toUpperCase()}${argument.variadic ? '…' : ''}`;
  return argument.required ? name : `[${name}]`;
};
