import { SluiceError } from '../../runbooks/errors.ts';

/** SQLSTATE: connection (08), resources (53), operator intervention (57P), and what passes when tried again. */
const passingStates = /^(?:08...|53...|57P..|57014|58030|25006|25P03|40001|40P01|55P03)$/;
const passingSystemCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);
/** Errors of the drivers that have no code: pg's, pg-pool's, PGlite's and Kysely's. */
const passingMessages =
  /^(?:Connection terminated|timeout e[xc]|Client (?:was closed|has encountered)|Cannot use a pool after|PGlite (?:is closed|instance is already closed)|driver has already been destroyed|Query read timeout|The server does not)/i;
/** What no waiting mends: wrong user or password, no such database. */
const configStates = /^(?:28...|3D000|3F000)$/;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

const says = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  // An AggregateError of several addresses tried has no message of its own.
  return text === '' ? codeOf(error) : text;
};

/** What the database threw, as an error of Sluice's; what is none of its failures comes back as it is. */
export const ledgerError = (error: unknown): unknown => {
  if (error instanceof SluiceError) return error;
  const code = codeOf(error);
  if (configStates.test(code)) {
    return new SluiceError(
      {
        code: 'CONFIG_INVALID',
        message: `The ledger's database refuses: ${says(error)}.`,
        hint: 'Check user, password and database name in the ledger URL.',
      },
      { cause: error },
    );
  }
  if (code === '22021') {
    return new SluiceError(
      {
        code: 'USAGE',
        message: 'The ledger can not look for a text with a NUL in it.',
        hint: 'Ids, names and keys hold no control characters.',
      },
      { cause: error },
    );
  }
  if (code === '42P01' || code === '42703') {
    return new SluiceError(
      {
        code: 'LEDGER_SCHEMA',
        message: `The ledger's schema lacks something: ${says(error)}.`,
        hint: 'Run `sluiced migrate` with the same ledger URL once, then start again.',
      },
      { cause: error },
    );
  }
  if (passingStates.test(code) || passingSystemCodes.has(code) || passingMessages.test(says(error))) {
    return new SluiceError(
      {
        code: 'LEDGER_UNAVAILABLE',
        message: `The ledger does not answer: ${says(error)}.`,
        hint: 'Check that the database runs and can be reached; what was asked may be asked again.',
      },
      { cause: error },
    );
  }
  return error;
};

/** Runs `work`; what the database throws comes out as `ledgerError` says. */
export const reach = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw ledgerError(error);
  }
};
