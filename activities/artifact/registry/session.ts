import { z } from 'zod';
import type { ArtifactBlock } from '../../../runbooks/artifact.ts';
import { SluiceError } from '../../../runbooks/errors.ts';
import { connectionOf } from '../../metrics/http/connection.ts';
import type { Connection } from '../../metrics/http/connection.ts';
import type { Environment } from '../../secrets.ts';
import { fault } from '../fault.ts';
import type { Challenge } from './challenge.ts';
import { parseChallenges } from './challenge.ts';
import { send } from './http.ts';
import type { RegistryAnswer } from './http.ts';

const mostRedirects = 5;
/** The specification asks registries to take manifests of up to 4 MiB. */
const largest = 4 * 1024 * 1024;

const tokenAnswer = z.object({ token: z.string().optional(), access_token: z.string().optional() });

export type Asked = {
  readonly method?: 'GET' | 'HEAD';
  readonly path: string;
  readonly accept?: string;
  readonly signal?: AbortSignal | undefined;
};

/**
 * One conversation with a registry: it meets challenges once, follows redirects, and sends what lets it in to nobody
 * but the registry and the token service that the registry names.
 */
export class RegistrySession {
  readonly #base: URL;
  readonly #connection: Connection;
  readonly #timeoutMs: number;
  #authorization: string | undefined;

  private constructor(base: URL, connection: Connection, timeoutMs: number) {
    this.#base = base;
    this.#timeoutMs = timeoutMs;
    this.#connection = connection;
    // A token given in the file is meant for the registry itself; a password waits for the registry to ask.
    const given = connection.headers['authorization'];
    if (given?.startsWith('Bearer ') === true) this.#authorization = given;
  }

  /** `timeoutMs`: of each request. @throws SluiceError REGISTRY_REFUSED where a secret can not be read */
  static async open(
    base: URL,
    access: Pick<ArtifactBlock, 'auth' | 'tls'>,
    env: Environment,
    timeoutMs: number,
  ): Promise<RegistrySession> {
    try {
      return new RegistrySession(base, await connectionOf(access, env), timeoutMs);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      throw fault('REGISTRY_REFUSED', { message: error.message, hint: error.hint ?? '' }, error);
    }
  }

  get host(): string {
    return this.#base.host;
  }

  /** Any status but 401, 429, 5xx and redirects comes back; the caller judges it. */
  async ask(asked: Asked): Promise<RegistryAnswer> {
    const first = await this.#follow(asked);
    const answer = first.status === 401 ? await this.#meet(first, asked) : first;
    if (answer.status === 401) throw this.#refused('does not let in whoever asks');
    if (answer.status === 429 || answer.status >= 500) throw this.#unavailable(answer);
    return answer;
  }

  async #follow(asked: Asked): Promise<RegistryAnswer> {
    let url = new URL(asked.path, this.#base);
    for (let redirects = 0; ; redirects += 1) {
      const answer = await send({
        method: asked.method ?? 'GET',
        url,
        headers: {
          ...(asked.accept === undefined ? {} : { accept: asked.accept }),
          // Storage behind a redirect has signed addresses; it must not see what opens the registry.
          ...(url.origin === this.#base.origin && this.#authorization !== undefined
            ? { authorization: this.#authorization }
            : {}),
        },
        tls: url.origin === this.#base.origin ? this.#connection.tls : caOnly(this.#connection.tls),
        maxBytes: largest,
        timeoutMs: this.#timeoutMs,
        signal: asked.signal,
      });
      const { location } = answer.headers;
      if (answer.status < 300 || answer.status >= 400 || location === undefined) return answer;
      if (redirects === mostRedirects)
        throw this.#misled(`redirects more than ${String(mostRedirects)} times`);
      url = this.#next(url, location);
    }
  }

  #next(from: URL, location: string): URL {
    if (!URL.canParse(location, from.href)) throw this.#misled('redirects to what is no address');
    const to = new URL(location, from);
    if (to.protocol !== 'https:' && to.protocol !== 'http:')
      throw this.#misled(`redirects to ${to.protocol}`);
    if (from.protocol === 'https:' && to.protocol === 'http:')
      throw this.#misled(`redirects to ${to.host} without TLS`);
    return to;
  }

  /** Answers a 401 with what the file gives for it, and asks once more. */
  async #meet(refused: RegistryAnswer, asked: Asked): Promise<RegistryAnswer> {
    const challenges = parseChallenges(refused.headers['www-authenticate'] ?? '');
    const bearer = challenges.find((challenge) => challenge.scheme === 'bearer');
    const password = this.#password();
    if (bearer?.scheme === 'bearer') this.#authorization = await this.#token(bearer, password, asked.signal);
    else if (challenges.length > 0 && password !== undefined) this.#authorization = password;
    else if (challenges.length > 0) throw this.#refused('asks for a name and a password');
    else throw this.#refused('lets nobody in and does not say how');
    return this.#follow(asked);
  }

  #password(): string | undefined {
    const given = this.#connection.headers['authorization'];
    return given?.startsWith('Basic ') === true ? given : undefined;
  }

  /** Without a password the token service is asked as anybody: public images need a token, too. */
  async #token(
    { realm, service, scope }: Extract<Challenge, { scheme: 'bearer' }>,
    password: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    if (!URL.canParse(realm)) throw this.#misled('names a token service that is no address');
    const url = new URL(realm);
    if (url.protocol !== 'https:' && (url.protocol !== 'http:' || this.#base.protocol === 'https:'))
      throw this.#misled(`names a token service without TLS (${url.origin})`);
    if (service !== null) url.searchParams.set('service', service);
    if (scope !== null) url.searchParams.set('scope', scope);
    const answer = await send({
      method: 'GET',
      url,
      headers: { accept: 'application/json', ...(password === undefined ? {} : { authorization: password }) },
      tls: caOnly(this.#connection.tls),
      maxBytes: 256 * 1024,
      timeoutMs: this.#timeoutMs,
      signal,
    });
    if (answer.status === 429 || answer.status >= 500) throw this.#unavailable(answer, url.host);
    const parsed = answer.status === 200 ? tokenAnswer.safeParse(jsonOf(answer.body)) : undefined;
    const token = parsed?.data?.token ?? parsed?.data?.access_token;
    if (token !== undefined && /^[\u0021-\u007e]+$/.test(token)) return `Bearer ${token}`;
    throw this.#refused(`gave no token (${url.host} answers ${String(answer.status)})`);
  }

  #refused(why: string): SluiceError {
    return fault('REGISTRY_REFUSED', {
      message: `The registry ${this.host} ${why}.`,
      hint: 'Give artifact.auth a name and a password that may read the image, by reference (env:NAME).',
    });
  }

  #misled(why: string): SluiceError {
    return fault('REGISTRY_REFUSED', {
      message: `The registry ${this.host} ${why}, which is not followed.`,
      hint: 'Check that artifact.image names the registry that is meant.',
    });
  }

  #unavailable({ status, headers }: RegistryAnswer, host = this.host): SluiceError {
    const wait = headers['retry-after'];
    return fault('REGISTRY_UNAVAILABLE', {
      message: `The registry ${host} answers ${String(status)}${wait === undefined ? '' : ` (again after ${wait.slice(0, 40)})`}.`,
      hint: 'It is overloaded, or limits how often it is asked; it is asked again for a while.',
      details: { status },
    });
  }
}

/** A client's certificate is for the registry alone. */
const caOnly = ({ ca }: Connection['tls']): Connection['tls'] => (ca === undefined ? {} : { ca });

const jsonOf = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};
