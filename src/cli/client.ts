import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import { isErrorCode, SluiceError } from '../../runbooks/errors.ts';
import { problemDocument } from '../api/schemas/answers.ts';
import type { Environment } from '../home.ts';
import type { Address } from './address.ts';
import { findAddress, findDaemon, offline } from './address.ts';

/** Longer than any call of the daemon takes, short enough for a person who waits. */
const patienceMs = 60_000;
/** How long a call is said again that a dying daemon may or may not have heard. */
const againMs = 10_000;

type Call = {
  readonly method?: 'GET' | 'POST';
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  /** Idempotency key: what has one may be said twice. */
  readonly key?: string;
  /** It changes nothing, though it is a POST. */
  readonly safe?: true;
  /** Its body proves who makes it: no token of ours is sent along. */
  readonly proven?: true;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
};

/** The API as a client sees it. Every failure is a `SluiceError` with the daemon's code, or CLIENT_OFFLINE. */
export class Api {
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  /** The answer, parsed. @throws SluiceError */
  async call<T>(schema: z.ZodType<T>, call: Call): Promise<T> {
    const parsed = schema.safeParse(parse(await this.#untilHeard(call)));
    if (parsed.success) return parsed.data;
    throw new SluiceError(
      {
        code: 'INTERNAL',
        message: `The daemon's answer to ${call.path.join('/')} could not be understood.`,
        hint: 'Are sluice and sluiced of the same version? `sluice --version`, `sluice doctor`.',
      },
      { cause: parsed.error },
    );
  }

  /** The answer as text. @throws SluiceError */
  async text(call: Call): Promise<string> {
    return this.#untilHeard(call);
  }

  /** The answer's body as it comes; without a limit of time. @throws SluiceError */
  async stream(call: Call & { readonly signal: AbortSignal }): Promise<ReadableStream<Uint8Array>> {
    const response = await send(this.#address(call), call, call.signal);
    if (response.body === null) throw offline('with a stream');
    return response.body;
  }

  #address({ proven }: Call): Address {
    return proven === true ? findDaemon(this.#env) : findAddress(this.#env);
  }

  /** A connection that broke says nothing of the request: what is safe to repeat is said again, to the next daemon. */
  async #untilHeard(call: Call): Promise<string> {
    const until = Date.now() + againMs;
    const repeatable = call.method !== 'POST' || call.key !== undefined || call.safe === true;
    for (let tried = false; ; tried = true) {
      try {
        const limit = AbortSignal.timeout(patienceMs);
        const signal = call.signal === undefined ? limit : AbortSignal.any([limit, call.signal]);
        return await read(await send(this.#address(call), call, signal));
      } catch (error) {
        // Nobody there at the first try: a person should hear it at once.
        const broken = isBroken(error) || (tried && isOffline(error));
        if (!repeatable || !broken || Date.now() > until) throw error;
      }
      await delay(250, undefined, call.signal === undefined ? {} : { signal: call.signal });
    }
  }
}

const send = async ({ url, token }: Address, call: Call, signal: AbortSignal): Promise<Response> => {
  const query = Object.entries(call.query ?? {}).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  );
  const search = query.length === 0 ? '' : `?${new URLSearchParams(query).toString()}`;
  const target = `${url}/${call.path.map(encodeURIComponent).join('/')}${search}`;
  let response: Response;
  try {
    response = await fetch(target, {
      method: call.method ?? 'GET',
      signal,
      redirect: 'error',
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        accept: call.accept ?? 'application/json',
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(call.key === undefined ? {} : { 'idempotency-key': call.key }),
        ...call.headers,
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') {
      throw offline(`at ${url} within ${patienceMs / 1000} s`, error);
    }
    if (error instanceof Error && error.name === 'AbortError') throw error;
    throw offline(`at ${url} (${reasonOf(error)})`, error);
  }
  if (response.ok) return response;
  throw await refusalOf(response, url);
};

const refusalOf = async (response: Response, url: string): Promise<SluiceError> => {
  const parsed = problemDocument.safeParse(parse(await read(response)));
  if (!parsed.success) {
    return new SluiceError({
      code: 'INTERNAL',
      message: `${url} answered with ${response.status}, and not as a daemon of Sluice does.`,
      hint: 'Is SLUICE_URL the address of sluiced?',
    });
  }
  const { code, detail, hint, details, problems, rolloutId } = parsed.data;
  return new SluiceError({
    code: isErrorCode(code) ? code : 'INTERNAL',
    message: detail,
    ...(hint === undefined ? {} : { hint }),
    details: {
      ...details,
      ...(problems === undefined ? {} : { problems }),
      ...(rolloutId === undefined ? {} : { rolloutId }),
    },
  });
};

/** A daemon that dies while it answers has not answered. */
const read = async (response: Response): Promise<string> => {
  try {
    return await response.text();
  } catch (error) {
    throw offline(`at ${new URL(response.url).origin} to the end`, error);
  }
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the schema says so, with words for people.
    return undefined;
  }
};

const codeOf = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
};

const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : undefined;
  return codeOf(error) || (cause instanceof Error ? cause.message : String(error));
};

const isOffline = (error: unknown): error is SluiceError =>
  error instanceof SluiceError && error.code === 'CLIENT_OFFLINE';

/** The daemon was there, and then the connection was not. */
const isBroken = (error: unknown): boolean =>
  isOffline(error) && ['ECONNRESET', 'UND_ERR_SOCKET', 'EPIPE'].includes(codeOf(error.cause));
