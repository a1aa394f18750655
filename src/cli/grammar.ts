import type { Command as Said } from '../../runbooks/state.ts';
import type { Cli } from './command.ts';
import { audit } from './commands/audit.ts';
import { config } from './commands/config.ts';
import { doctor } from './commands/doctor.ts';
import { gate } from './commands/gate.ts';
import { lock, quarantine, unlock } from './commands/guards.ts';
import { history } from './commands/history.ts';
import { incident } from './commands/incident.ts';
import { lint, schema } from './commands/lint.ts';
import { plan } from './commands/plan.ts';
import { say } from './commands/say.ts';
import { adopt, playbook } from './commands/service.ts';
import { takeBreakGlass } from './commands/break-glass.ts';
import { deploy, flag, rollback } from './commands/start.ts';
import { status } from './commands/status.ts';
import { token } from './commands/token.ts';
import { why } from './commands/why.ts';

type Act = (cli: Cli, ...args: string[]) => Promise<number> | number;

export const flags = {
  env: ['--env <environment>', 'environment; may be left out where there is only one'],
  reason: ['--reason <text>', 'why, for those who read it later'],
  key: ['--key <key>', 'idempotency key: said twice with one key, it acts once'],
  to: ['--to <version>', 'release to go back to; default: the last good one'],
  hotfix: ['--hotfix <incident>', 'the incident that it mends: no watch is too short for it'],
  'break-glass': [
    '--break-glass',
    'without daemon and Temporal, where the target is: the way back it was left',
  ],
  version: ['--version <version>', "of a version's plan; default: of the last rollout"],
  override: ['--override <check:reason>', 'pass over one check, and why; again for another'],
  for: ['--for <duration>', 'how long, such as 2h; default: of a lock, until it is unlocked'],
  wait: ['--wait', 'look on until the end; the exit code tells it'],
  timeout: ['--timeout <duration>', 'look on for at most this long, such as 45m (exit 8)'],
  set: ['--set <setting>', 'another setting of the gate, such as errors.max=2%; may be said several times'],
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
        flags: ['env', 'override', 'hotfix', ...ends],
        act: (cli, service = '', version = '') => deploy(cli, service, version),
      },
      {
        usage: 'plan <service> <version>',
        says: 'what a deploy would do, and how each step is undone; runs nothing',
        flags: ['env', 'override', 'hotfix', 'json'],
        act: (cli, service = '', version = '') => plan(cli, service, version),
      },
      {
        usage: 'rollback <service>',
        says: 'go back: an open rollout ends, otherwise the last good release returns',
        flags: ['env', 'to', 'break-glass', ...ends],
        act: (cli, service = '') =>
          cli.options.breakGlass ? takeBreakGlass(cli, service) : rollback(cli, service),
      },
      {
        usage: 'flag <service> <flag> <percent>',
        says: 'show what is deployed to so many users, step by step; 0 turns it off',
        flags: ['env', ...ends],
        act: (cli, service = '', name = '', percent = '') => flag(cli, service, name, percent),
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
        usage: 'gate <what> <of>',
        says: 'export ID: what its gate was shown; replay FILE: what a gate would have said',
        flags: ['set', 'json'],
        act: (cli, what = '', of = '') => gate(cli, what, of),
      },
      {
        usage: 'incident <id>',
        says: 'what went wrong, as the draft of a postmortem (Markdown)',
        flags: ['json'],
        act: (cli, id = '') => incident(cli, id),
      },
      {
        usage: 'playbook <service>',
        says: 'the runbook as one page (Markdown)',
        flags: ['env', 'version', 'json'],
        act: (cli, service = '') => playbook(cli, service),
      },
      {
        usage: 'config <what> <service> [env]',
        says: 'show SERVICE [ENV]: what counts for it, and who said it in which line',
        flags: ['json'],
        act: (cli, what = '', service = '', environment) => config(cli, what, service, environment),
      },
    ],
  ],
  [
    'Say something to a running rollout:',
    [
      tell('approve', 'let it begin, where its file asks for approval'),
      tell('deny', 'do not let it begin'),
      tell('hold', 'stay where it is; the gate goes on looking'),
      tell('resume', 'go on after a hold'),
      tell('promote', 'all traffic to the new version, without further watches'),
      tell('abort', 'go back now'),
      tell('extend', 'watch once more, where the gate could not tell'),
      tell('accept', 'go on without a verdict, where the gate could not tell'),
      tell('page', 'page on-call by hand, where the service file names somebody'),
      tell('retry', 'try a failed way back again, or a rollout that ended'),
      tell('override', 'begin a refused rollout over the checks that stood against it; needs --reason'),
      tell('take-over', 'end a failed way back that was finished by hand'),
    ],
  ],
  [
    'Look after it:',
    [
      {
        usage: 'lock <service>',
        says: 'no new deploy begins; abort and rollback are never locked',
        flags: ['env', 'for', 'reason', 'json'],
        act: (cli, service = '') => lock(cli, service),
      },
      {
        usage: 'unlock <service>',
        says: 'deploys may begin again',
        flags: ['env', 'reason', 'json'],
        act: (cli, service = '') => unlock(cli, service),
      },
      {
        usage: 'quarantine <what> [digest]',
        says: 'list digests that a gate rolled back, or lift one',
        flags: ['reason', 'json'],
        act: (cli, what = '', digest) => quarantine(cli, what, digest),
      },
      {
        usage: 'adopt <service>',
        says: 'what runs now becomes the first good release',
        flags: ['env', 'json'],
        act: (cli, service = '') => adopt(cli, service),
      },
      {
        usage: 'lint [files...]',
        says: 'check service files and sluice.yml, without a daemon',
        flags: ['json'],
        act: (cli, ...files) => lint(cli, files),
      },
      {
        usage: 'schema [of]',
        says: 'JSON Schema for editors: of a service file, or of the organisation',
        flags: [],
        act: (cli, of) => schema(cli, of),
      },
      {
        usage: 'token <what> [name]',
        says: 'create NAME: one for somebody else; exchange: a CI job; list; whoami',
        flags: ['for', 'json'],
        act: (cli, what = '', name) => token(cli, what, name),
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
