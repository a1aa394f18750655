import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CryptoKey, JWK } from 'jose';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

type Made = {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly kid?: string;
  readonly iat?: number;
  readonly exp?: number;
};

/** The part of a CI that makes ID tokens: discovery and keys over HTTP, tokens signed with ES256. */
export class Issuer {
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly asked: string[] = [];
  /** What discovery answers instead, as status and body; `null`: the truth. */
  instead: { readonly status: number; readonly body: string } | null = null;
  readonly #server: Server;
  readonly #key: CryptoKey;
  #numbered = 0;

  private constructor(server: Server, url: string, key: CryptoKey) {
    this.#server = server;
    this.url = url;
    this.#key = key;
  }

  static async start(): Promise<Issuer> {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const jwk: JWK = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
    const server = createServer((request, response) => {
      issuer.asked.push(request.url ?? '');
      const { instead, url } = issuer;
      const discovery = JSON.stringify({ issuer: url, jwks_uri: `${url}/keys` });
      const isKeys = request.url === '/keys';
      const body = isKeys ? JSON.stringify({ keys: [jwk] }) : (instead?.body ?? discovery);
      response.writeHead(isKeys ? 200 : (instead?.status ?? 200), { 'content-type': 'application/json' });
      response.end(body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const issuer = new Issuer(server, `http://127.0.0.1:${String(port)}`, privateKey);
    return issuer;
  }

  /** An ID token as a job gets it; each has a number of its own. Times: seconds since the epoch. */
  async token({ claims, kid = 'one', iat, exp }: Made, key: CryptoKey = this.#key): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    this.#numbered += 1;
    return new SignJWT({ aud: 'sluice', iss: this.url, jti: `job-${String(this.#numbered)}`, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid })
      .setIssuedAt(iat ?? now)
      .setExpirationTime(exp ?? now + 300)
      .sign(key);
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
