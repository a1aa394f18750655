import { Kysely, PostgresDialect } from 'kysely';
import { Pool, TypeOverrides } from 'pg';
import type { ClientConfig, PoolConfig } from 'pg';
import { SluiceError } from '../../runbooks/errors.ts';
import { parsers } from './engine.ts';
import type { Engine, WarningListener } from './engine.ts';
import { reach } from './failures.ts';
import { listenOnPostgres } from './postgres-listener.ts';
import { checkSchema, runMigrations } from './migrations.ts';
import type { Database } from './schema.ts';

const clientConfig = (url: string): ClientConfig => {
  const types = new TypeOverrides();
  for (const [oid, parse] of Object.entries(parsers)) types.setTypeParser(Number(oid), parse);
  return {
    connectionString: checkUrl(url),
    types,
    keepAlive: true,
    connectionTimeoutMillis: 5000,
    application_name: 'sluice',
  };
};

const checkUrl = (url: string): string => {
  if (/^postgres(?:ql)?:\/\//.test(url)) return url;
  // The URL itself holds a password, and stays out of the message.
  throw new SluiceError({
    code: 'CONFIG_INVALID',
    message: 'The ledger URL is no PostgreSQL URL.',
    hint: 'Give it as "postgres://user:password@host:5432/database".',
  });
};

/**
 * Connects to a migrated ledger.
 * @throws SluiceError LEDGER_SCHEMA, LEDGER_UNAVAILABLE, CONFIG_INVALID
 */
export const openPostgres = async (
  url: string,
  connections: number,
  onWarning: WarningListener,
): Promise<Engine> => {
  let closing: Promise<void> | undefined;
  // What happens to connections that are being closed is of no interest.
  const warn: WarningListener = (sentence, cause) => {
    if (closing === undefined) onWarning(sentence, cause);
  };
  const config = clientConfig(url);
  // A server that vanished without a word: a caller waits 30 s at most, and the dead connection goes in 5 min,
  // not when the operating system gives it up.
  const db = connect({ ...config, max: connections, query_timeout: 30_000, maxLifetimeSeconds: 300 }, warn);
  try {
    await reach(() => checkSchema(db));
  } catch (error) {
    closing = db.destroy();
    await closing;
    throw error;
  }
  let stopListening = async (): Promise<void> => undefined;
  return {
    db,
    listen: (onNews) => {
      stopListening = listenOnPostgres(config, onNews, warn);
    },
    tellAddress: async () => undefined,
    close: () => {
      closing ??= stopListening().then(() => db.destroy());
      return closing;
    },
  };
};

/**
 * Brings the schema of the ledger at `url` up to this version's.
 * @returns names of the steps that were missing
 * @throws SluiceError LEDGER_SCHEMA, LEDGER_UNAVAILABLE, CONFIG_INVALID
 */
export const migrate = async (url: string): Promise<readonly string[]> => {
  // No limit of time: a step may build an index.
  const db = connect({ ...clientConfig(url), max: 1 }, () => undefined);
  try {
    return await reach(() => runMigrations(db));
  } finally {
    await db.destroy();
  }
};

const connect = (config: PoolConfig, warn: WarningListener): Kysely<Database> => {
  const pool = new Pool(config);
  // An idle connection that breaks is replaced by the pool; without a listener the error would end the process.
  pool.on('error', (error) => warn('The ledger lost an idle connection.', error));
  // The same for one that is at work; its query fails with the error, and so whoever asked is told already.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
};
