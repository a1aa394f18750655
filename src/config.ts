import path from 'node:path';
import { z } from 'zod';
import { SluiceError } from '../runbooks/errors.ts';
import { secretRef } from '../runbooks/secret-ref.ts';
import { duration } from '../runbooks/units.ts';
import type { Settings } from '../workflows/contract.ts';
import { dataFolder } from './home.ts';
import type { SlackSettings } from './slack/config.ts';
import type { Paging } from './pagerduty/paging.ts';

/** `process.env`, or a test's own. */
export type Environment = Readonly<Record<string, string | undefined>>;

const second = 1000;
const minute = 60 * second;

const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number from 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be a port number from 0 to 65535');

const whole = (most: number) =>
  z
    .string()
    .regex(/^[1-9]\d{0,5}$/, `must be a whole number from 1 to ${String(most)}`)
    .transform(Number)
    .refine((value) => value <= most, `must be at most ${String(most)}`);

const address = z
  .string()
  .regex(
    /^https?:\/\/[^\s/?#@"\\]+(?:\/[^\s?#@"\\]*)?$/,
    'must be an http or https address without user and query',
  );

/**
 * Every environment variable of the daemon, with its default and meaning; `docs/configuration.md` is held to it by a
 * test. The connection to Temporal has Temporal's own variables (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, …).
 */
const variables = {
  SLUICE_SERVICES: z.string().min(1).default('./services').describe('folder with one file per service'),
  SLUICE_DATABASE_URL: z
    .string()
    // Not every one that PostgreSQL takes is a URL by the book: one for a socket has a user and no host.
    .regex(/^postgres(?:ql)?:\/\/\S+$/, 'must be a postgres:// URL')
    .optional()
    .describe('PostgreSQL that holds the ledger; without it `sluiced dev` keeps it in the data folder'),
  SLUICE_HOST: z.string().min(1).default('127.0.0.1').describe('address on which the API listens'),
  SLUICE_PORT: port.prefault('4600').describe('port of the API; 0 takes a free one'),
  SLUICE_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('least level that is logged'),
  SLUICE_QUEUE: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,60}$/, 'must be lower-case letters, digits, dots and dashes')
    .default('sluice')
    .describe('task queue of the worker; its watches use `<queue>-watch`, what is told `<queue>-tell`'),
  SLUICE_WATCH_SLOTS: whole(10_000).prefault('2000').describe('watches that one worker runs at once'),
  SLUICE_TELL_SLOTS: whole(10_000)
    .prefault('2000')
    .describe('messages and pages that one worker sends or keeps fresh at once'),
  SLUICE_ACTIVITY_SLOTS: whole(10_000)
    .prefault('200')
    .describe('other activities that one worker runs at once'),
  SLUICE_HEARTBEAT: duration(second, minute)
    .prefault('15s')
    .describe('heartbeat timeout: how long a gate is blind after its worker died'),
  SLUICE_WRITE_TIMEOUT: duration(second, minute)
    .prefault('5s')
    .describe('time that one write to a target may take before it is tried again'),
  SLUICE_WRITE_RETRY: duration(second, 60 * minute)
    .prefault('2m')
    .describe('time that a write is tried again before the step has failed'),
  SLUICE_LEDGER_PATIENCE: duration(second, 60 * minute)
    .prefault('20s')
    .describe('time that the end of a rollout waits for the ledger'),
  SLUICE_STICKY_TIMEOUT: duration(100, minute)
    .prefault('10s')
    .describe('time after which another worker takes over the workflows of a dead one'),
  SLUICE_PUBLIC_URL: address
    .optional()
    .describe('address under which people reach the daemon, for links in pages and messages'),
  SLUICE_PAGERDUTY_URL: address
    .prefault('https://events.pagerduty.com')
    .describe('Events API of PagerDuty; in the EU https://events.eu.pagerduty.com'),
  SLUICE_PAGERDUTY_WEBHOOK_SECRETS: z
    .string()
    .transform((text) => text.split(',').map((ref) => ref.trim()))
    .pipe(z.array(secretRef).min(1).max(5))
    .optional()
    .describe('where the signing secrets of its webhooks are: env:NAME or file:/path, several with commas'),
  SLUICE_RECORDINGS: z
    .string()
    .min(1)
    .optional()
    .describe(
      'folder with what the gates were shown, for 90 days; `recordings` in the data folder unless set. Several daemons share one',
    ),
  SLUICE_SLACK_BOT_TOKEN: secretRef
    .optional()
    .describe('where the bot token of the Slack app is: env:NAME or file:/path'),
  SLUICE_SLACK_SIGNING_SECRET: secretRef
    .optional()
    .describe('where the signing secret of the Slack app is; commands and clicks then come over HTTP'),
  SLUICE_SLACK_APP_TOKEN: secretRef
    .optional()
    .describe('where the app-level token is; commands and clicks then come by Socket Mode'),
  SLUICE_SLACK_URL: address.prefault('https://slack.com/api').describe('Web API of Slack'),
  SLUICE_PRACTICE: z
    .string()
    .min(1)
    .optional()
    .describe('practice file: services that `sluiced dev` brings up'),
} as const;

const schema = z.object(variables);

/** The daemon's configuration. Durations in ms, paths absolute. */
export type Config = {
  readonly home: string;
  readonly services: string;
  readonly databaseUrl: string | null;
  readonly host: string;
  readonly port: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly watchSlots: number;
  readonly tellSlots: number;
  readonly activitySlots: number;
  readonly stickyMs: number;
  /** Folder of the recordings. */
  readonly recordings: string;
  readonly practice: string | null;
  readonly paging: Paging;
  readonly slack: SlackSettings;
  readonly settings: Settings;
};

/** Name, default and meaning of each variable, for the docs and `sluiced --help`. */
export const configTable = (): readonly {
  readonly name: string;
  readonly default: string;
  readonly says: string;
}[] => [
  { name: 'SLUICE_HOME', default: '$XDG_STATE_HOME/sluice, else ~/.local/state/sluice', says: 'data folder' },
  ...Object.entries(variables).map(([name, type]) => {
    const json = z.toJSONSchema(type, { io: 'input', unrepresentable: 'any' });
    return {
      name,
      default: json.default === undefined ? '' : JSON.stringify(json.default).replaceAll('"', ''),
      says: type.description ?? '',
    };
  }),
];

/**
 * Reads the configuration from environment variables; an unknown `SLUICE_…` is a mistake too.
 * @throws SluiceError CONFIG_INVALID with all problems at once
 */
export const readConfig = (env: Environment): Config => {
  const known = new Set([...Object.keys(variables), ...otherVariables]);
  const unknown = Object.keys(env).filter((name) => name.startsWith('SLUICE_') && !known.has(name));
  const given = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => name in variables && value !== ''),
  );
  const parsed = schema.safeParse(given);
  const problems = [
    ...unknown.map((name) => `${name}: no such variable`),
    ...(parsed.success
      ? []
      : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)),
  ];
  if (!parsed.success || problems.length > 0) {
    throw new SluiceError({
      code: 'CONFIG_INVALID',
      message: `The configuration is wrong in ${String(problems.length)} ${problems.length === 1 ? 'place' : 'places'}:\n  ${problems.join('\n  ')}`,
      hint: 'docs/configuration.md lists every variable.',
      details: { problems },
    });
  }
  return asConfig(parsed.data, env);
};

/** Variables that other parts of Sluice read. */
const otherVariables = [
  'SLUICE_HOME',
  'SLUICE_URL',
  'SLUICE_TOKEN',
  'SLUICE_TEMPORAL_CLI',
  'SLUICE_TEST_SERVER',
];

const asConfig = (values: z.output<typeof schema>, env: Environment): Config => ({
  home: dataFolder(env),
  services: path.resolve(values.SLUICE_SERVICES),
  databaseUrl: values.SLUICE_DATABASE_URL ?? null,
  host: values.SLUICE_HOST,
  port: values.SLUICE_PORT,
  logLevel: values.SLUICE_LOG_LEVEL,
  watchSlots: values.SLUICE_WATCH_SLOTS,
  tellSlots: values.SLUICE_TELL_SLOTS,
  activitySlots: values.SLUICE_ACTIVITY_SLOTS,
  stickyMs: values.SLUICE_STICKY_TIMEOUT,
  recordings: path.resolve(values.SLUICE_RECORDINGS ?? path.join(dataFolder(env), 'recordings')),
  practice: values.SLUICE_PRACTICE === undefined ? null : path.resolve(values.SLUICE_PRACTICE),
  paging: {
    url: values.SLUICE_PAGERDUTY_URL,
    publicUrl: values.SLUICE_PUBLIC_URL ?? null,
    webhookSecrets: values.SLUICE_PAGERDUTY_WEBHOOK_SECRETS ?? [],
    env,
  },
  slack: {
    url: `${values.SLUICE_SLACK_URL.replace(/\/+$/, '')}/`,
    botToken: values.SLUICE_SLACK_BOT_TOKEN ?? null,
    publicUrl: values.SLUICE_PUBLIC_URL ?? null,
    signingSecret: values.SLUICE_SLACK_SIGNING_SECRET ?? null,
    appToken: values.SLUICE_SLACK_APP_TOKEN ?? null,
    buttons: values.SLUICE_SLACK_SIGNING_SECRET !== undefined || values.SLUICE_SLACK_APP_TOKEN !== undefined,
    env,
  },
  settings: {
    queues: {
      main: values.SLUICE_QUEUE,
      watch: `${values.SLUICE_QUEUE}-watch`,
      tell: `${values.SLUICE_QUEUE}-tell`,
    },
    heartbeatMs: values.SLUICE_HEARTBEAT,
    writeMs: values.SLUICE_WRITE_TIMEOUT,
    writeForMs: values.SLUICE_WRITE_RETRY,
    ledgerPatienceMs: values.SLUICE_LEDGER_PATIENCE,
  },
});
