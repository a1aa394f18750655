import type { Command as Said } from '../../runbooks/state.ts';
import type { Cli } from './command.ts';
import { audit } from './commands/audit.ts';
import { doctor } from './commands/doctor.ts';
import { history } from './commands/history.ts';
import { lint, schema } from './commands/lint.ts';
import { plan } from './commands/plan.ts';
import { say } from './commands/say.ts';
import { adopt, playbook } from './commands/service.ts';
import { deploy, rollback } from './commands/start.ts';
import { status } from './commands/status.ts';
import { why } from './commands/why.ts';

type Act = (cli: Cli, ...args: string[]) => Promise<number> | number;

export const flags = {
  env: ['--env <environment>', 'environment; may be left out where there is only one'],
  reason: ['--reason <text>', 'why, for those who read it later'],
  key: ['--key <key>', 'idempotency key: said twice with one key, it acts once'],
  to: ['--to <version>', 'release to go back to; default: the last good one'],
  version: ['--version <version>', "of a version's plan; default: of the last rollout"],
  wait: ['--wait', 'look on until the end; the exit code tells it'],
  timeout: ['--timeout <duration>', 'look on for at most this long, such as 45m (exit 8)'],
  watch: ['--watch', 'look on as it goes'],
  json: ['--json', 'one document, or one line per event, for programs'],
} as const;
type Flag = keyof typeof flags;

/** One command: what it takes, what it is for, what it does. */
export type Row = {
  readonly usage: string;
  readonly says: string;
  readonly flags: readonly Flag[];
  readonly act: Act;
};

const ends: readonly Flag[] = ['reason', 'key', 'wait', 'timeout', 'json'];
const tell = (command: Said, says: string): Row => ({
  usage: `${command} <id>`,
  says,
  flags: ends,
  act: (cli, id = '') => say(cli, command, id),
});

/** The grammar, in the order of the help. */
export const groups: readonly (readonly [heading: string, rows: readonly Row[]])[] = [
  [
    'Ship and take back:',
    [
      {
        usage: 'deploy <service> <version>',
        says: 'start a rollout',
        flags: ['env', ...ends],
        act: (cli, service = '', version = '') => deploy(cli, service, version),
      },
      {
        usage: 'plan <service> <version>',
        says: 'what a deploy would do, and how each step is undone; runs nothing',
        flags: ['env', 'json'],
        act: (cli, service = '', version = '') => plan(cli, service, version),
      },
      {
        usage: 'rollback <service>',
        says: 'go back: an open rollout ends, otherwise the last good release returns',
        flags: ['env', 'to', ...ends],
        act: (cli, service = '') => rollback(cli, service),
      },
    ],
  ],
  [
    'Look:',
    [
      {
        usage: 'status [id]',
        says: 'all services, or one rollout; --watch looks on',
        flags: ['env', 'watch', 'timeout', 'json'],
        act: (cli, id) => status(cli, id),
      },
      {
        usage: 'history <service>',
        says: 'its rollouts and outcomes; ✓ a good release, ✗ one taken back',
        flags: ['env', 'json'],
        act: (cli, service = '') => history(cli, service),
      },
      {
        usage: 'why <id>',
        says: 'what the gate saw, what it said, who said what',
        flags: ['json'],
        act: (cli, id = '') => why(cli, id),
      },
      {
        usage: 'playbook <service>',
        says: 'the runbook as one page (Markdown)',
        flags: ['env', 'version', 'json'],
        act: (cli, service = '') => playbook(cli, service),
      },
    ],
  ],
  [
    'Say something to a running rollout:',
    [
      tell('hold', 'stay where it is; the gate goes on looking'),
      tell('resume', 'go on after a hold'),
      tell('promote', 'all traffic to the new version, without further watches'),
      tell('abort', 'go back now'),
      tell('extend', 'watch once more, where the gate could not tell'),
      tell('accept', 'go on without a verdict, where the gate could not tell'),
      tell('retry', 'try a failed way back again, or a rollout that ended'),
      tell('take-over', 'end a failed way back that was finished by hand'),
    ],
  ],
  [
    'Look after it:',
    [
      {
        usage: 'adopt <service>',
        says: 'what runs now becomes the first good release',
        flags: ['env', 'json'],
        act: (cli, service = '') => adopt(cli, service),
      },
      {
        usage: 'lint [files...]',
        says: 'check service files, without a daemon',
        flags: ['json'],
        act: (cli, ...files) => lint(cli, files),
      },
      {
        usage: 'schema',
        says: 'JSON Schema of service files, for editors',
        flags: [],
        act: (cli) => schema(cli),
      },
      {
        usage: 'doctor',
        says: 'look at every connection and say what to mend',
        flags: ['json'],
        act: (cli) => doctor(cli),
      },
      {
        usage: 'audit [verify]',
        says: "read the ledger's whole chain and say whether it is whole",
        flags: ['json'],
        act: (cli, what) => audit(cli, what),
      },
    ],
  ],
];
