/**
 * The `code` of an error of the system (`ENOENT`, `ECONNREFUSED`, …), or `null`. Asks for the member and not for the
 * class: errors of Node's own modules are of another realm's `Error` where code runs in a context of its own.
 */
export const systemCode = (error: unknown): string | null =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : null;

/** What an error says, for a message about it. */
export const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
