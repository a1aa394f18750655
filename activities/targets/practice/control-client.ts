import { lstat } from 'node:fs/promises';
import { request } from 'node:http';
import { dirname, resolve as resolvePath } from 'node:path';
import type { z } from 'zod';
import { SluiceError } from '../../../runbooks/errors.ts';
import { controlPath } from './control-path.ts';
import { messageOf, systemCode } from './system-code.ts';

export type PlaneCall = {
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
};

export type PlaneAnswer = { readonly status: number; readonly body: unknown };
type RawAnswer = { readonly status: number; readonly text: string };

const defaultTimeoutMs = 2000;

/** Why there was no answer; `absent`: surely nobody listens. Found in the error's `details.reason`. */
export type NoAnswer = 'absent' | 'timeout' | 'broken';

const unavailable = (reason: NoAnswer, message: string, cause?: unknown): SluiceError =>
  new SluiceError(
    {
      code: 'TARGET_UNAVAILABLE',
      message,
      hint: 'The daemon starts the practice plane; its log is in the data folder.',
      details: { target: 'practice', reason },
    },
    { cause },
  );

const isAbsent = (error: unknown): boolean => ['ENOENT', 'ECONNREFUSED'].includes(systemCode(error) ?? '');

const readJson = (text: string): unknown => {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch (error) {
    throw unavailable('broken', 'The practice plane gave an answer that is not JSON.', error);
  }
};

/** The folder for temporary files is everybody's: a socket there must be one that this user made. */
const assertOwn = async (home: string): Promise<void> => {
  const path = controlPath(home);
  if (dirname(path) === resolvePath(home)) return;
  const { uid } = await lstat(path);
  if (process.getuid !== undefined && uid !== process.getuid()) {
    throw unavailable('broken', `${path} belongs to another user (${String(uid)}).`);
  }
};

const exchange = (home: string, call: PlaneCall, signal: AbortSignal): Promise<RawAnswer> =>
  new Promise((resolve, reject) => {
    const body = call.body === undefined ? null : JSON.stringify(call.body);
    const outgoing = request(
      {
        socketPath: controlPath(home),
        method: call.method,
        path: call.path,
        agent: false,
        signal,
        headers:
          body === null
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => (text += chunk));
        answer.on('error', reject);
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });

/**
 * One call to the plane of `home`, without retries.
 *
 * @throws SluiceError TARGET_UNAVAILABLE: nobody listens, or no answer within `timeoutMs` (2 s); the signal's reason if
 * the caller gave up.
 */
export const callPlane = async (home: string, call: PlaneCall): Promise<PlaneAnswer> => {
  const timeoutMs = call.timeoutMs ?? defaultTimeoutMs;
  call.signal?.throwIfAborted();
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = call.signal === undefined ? timeout : AbortSignal.any([timeout, call.signal]);
  try {
    await assertOwn(home);
    const { status, text } = await exchange(home, call, signal);
    return { status, body: readJson(text) };
  } catch (error) {
    call.signal?.throwIfAborted();
    if (error instanceof SluiceError) throw error;
    const what = `${call.method} ${call.path}`;
    if (timeout.aborted) {
      throw unavailable(
        'timeout',
        `The practice plane did not answer ${what} within ${String(timeoutMs)} ms.`,
        error,
      );
    }
    const why = messageOf(error);
    throw unavailable(
      isAbsent(error) ? 'absent' : 'broken',
      `The practice plane does not answer ${what}: ${why}.`,
      error,
    );
  }
};

/** Parses an answer; one of another shape comes from a plane of another version of Sluice. */
export const parseAnswer = <T extends z.ZodType>(schema: T, body: unknown): z.output<T> => {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const at = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new SluiceError({
    code: 'TARGET_UNAVAILABLE',
    message: `The practice plane's answer has an unexpected shape at "${at}".`,
    hint: 'It was started by another version of Sluice: stop it, and start the daemon again.',
  });
};
