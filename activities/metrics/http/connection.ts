import type { PrometheusSource } from '../../../runbooks/gate-source.ts';
import { resolveHeaderSecret, resolveSecret } from './secrets.ts';
import type { Environment } from './secrets.ts';

/** What a request needs to be let in. `secrets`: texts that no message may show. */
export type Connection = {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly secrets: readonly string[];
};

type Access = Pick<PrometheusSource, 'auth' | 'tls'>;

const authorization = async (auth: Access['auth'], env: Environment): Promise<Omit<Connection, 'tls'>> => {
  if (auth?.bearer !== undefined) {
    const token = await resolveHeaderSecret(auth.bearer, env);
    return { headers: { authorization: `Bearer ${token}` }, secrets: [token] };
  }
  if (auth?.basic === undefined) return { headers: {}, secrets: [] };
  const { username } = auth.basic;
  const password = await resolveSecret(auth.basic.password, env);
  const encoded = Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
  return { headers: { authorization: `Basic ${encoded}` }, secrets: [encoded, password] };
};

/** Resolves the references of a source. @throws SluiceError METRICS_UNAVAILABLE that names the reference */
export const connectionOf = async ({ auth, tls }: Access, env: Environment): Promise<Connection> => {
  const known = await authorization(auth, env);
  const pem = async (ref: string | undefined) => (ref === undefined ? undefined : resolveSecret(ref, env));
  const [ca, cert, key] = await Promise.all([pem(tls?.ca), pem(tls?.cert), pem(tls?.key)]);
  return {
    headers: known.headers,
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
    secrets: [...known.secrets, ...(key === undefined ? [] : [key])],
  };
};
