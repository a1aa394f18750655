import { Client, DatabaseError } from 'pg';
import { SluiceError } from '../../../runbooks/errors.ts';
import { readSecret } from '../../secrets.ts';
import type { Environment } from '../../secrets.ts';
import { messageOf } from '../../targets/practice/system-code.ts';
import { fault } from '../fault.ts';

/** Enough for a server under load; a phase has minutes. */
const connectMs = 10_000;

/** Codes of PostgreSQL that mean "not now": shutting down, starting up, out of connections, connection broken. */
const away = /^(?:08|53300|57P0[1-3]|57P05)/;

/** What a database that is away, or ended the connection, says; `null`: something else. */
export const whyAway = (error: unknown): string | null => {
  if (error instanceof DatabaseError) {
    return away.test(error.code ?? '') ? error.message : null;
  }
  return messageOf(error);
};

export const unavailable = (error: unknown): SluiceError =>
  fault(
    'DATABASE_UNAVAILABLE',
    {
      message: `The service's database does not answer: ${whyAway(error) ?? messageOf(error)}.`,
      hint: 'See that it runs and that migrations.sql.url leads to it, past any pooler of transactions.',
    },
    error,
  );

const addressOf = (url: string, env: Environment): Promise<string> =>
  readSecret(url, env, (problem, cause) => fault('DATABASE_UNAVAILABLE', problem, cause));

/**
 * Runs `work` on a connection of its own. A signal that is given cancels the statement that runs, at the server: one
 * that nobody waits for any more must not hold its locks.
 */
export const withDatabase = async <T>(
  settings: { readonly url: string; readonly env: Environment },
  work: (client: Client) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> => {
  signal?.throwIfAborted();
  const connectionString = await addressOf(settings.url, settings.env);
  const client = open(connectionString);
  // A server that dies under it: the query that runs says so.
  client.on('error', () => undefined);
  const cancel = (): void => {
    // `work` fails by it, and says so; what can't be cancelled ends with its time-out.
    cancelOn(connectionString, client).catch(() => undefined);
  };
  try {
    await client.connect();
  } catch (error) {
    throw unavailable(error);
  }
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    return await work(client);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof SluiceError) throw error;
    if (whyAway(error) !== null) throw unavailable(error);
    throw error;
  } finally {
    signal?.removeEventListener('abort', cancel);
    await client.end();
  }
};

const open = (connectionString: string): Client => {
  try {
    return new Client({
      connectionString,
      connectionTimeoutMillis: connectMs,
      application_name: 'sluice migrations',
    });
  } catch (error) {
    // What pg says of a broken address would show it, with its password.
    throw fault(
      'DATABASE_UNAVAILABLE',
      {
        message: 'migrations.sql.url does not hold an address.',
        hint: 'Such as postgres://user@host/database.',
      },
      error instanceof Error ? new Error(error.name) : undefined,
    );
  }
};

const cancelOn = async (
  connectionString: string,
  { processID }: Client & { processID?: number },
): Promise<void> => {
  if (processID === undefined) return;
  const other = new Client({ connectionString, connectionTimeoutMillis: connectMs });
  other.on('error', () => undefined);
  await other.connect();
  try {
    await other.query('select pg_cancel_backend($1)', [processID]);
  } finally {
    await other.end();
  }
};
