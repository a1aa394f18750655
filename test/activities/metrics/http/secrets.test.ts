import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { gates, refusal, serve, sourceFor } from '../pages.ts';

const execute = promisify(execFile);
const answer = JSON.stringify({
  status: 'success',
  data: {
    resultType: 'matrix',
    result: [{ metric: { instance: 'a', version: '2.0.4' }, values: [[1, '5']] }],
  },
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-secrets-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const read = (url: string, settings: object, env: Readonly<Record<string, string>> = {}) =>
  sourceFor(gates({ prometheus: { url, ...settings } }), env).read('2.0.4');

/** Lets in who says the right word, and tells everybody what they said. */
const guarded = (word: string) =>
  serve((request, response) => {
    const said = request.headers.authorization ?? '';
    response.writeHead(said === word ? 200 : 401, { 'content-type': 'application/json' });
    response.end(said === word ? answer : JSON.stringify({ status: 'error', error: `not you: ${said}` }));
  });

describe('a secret by reference', () => {
  test('is a bearer token, from the environment or a file, read anew each time', async () => {
    const { url } = await guarded('Bearer s3cret-token');
    expect((await read(url, { auth: { bearer: 'env:TOKEN' } }, { TOKEN: 's3cret-token' })).at).toBe(1000);
    const file = path.join(folder, 'token');
    await writeFile(file, 'old\n');
    const source = sourceFor(gates({ prometheus: { url, auth: { bearer: `file:${file}` } } }));
    expect((await refusal(source.read('2.0.4'))).message).toContain('answers 401');
    await writeFile(file, 's3cret-token\n');
    expect((await source.read('2.0.4')).at).toBe(1000);
  });

  test('is a password', async () => {
    const { url } = await guarded(`Basic ${Buffer.from('sluice:pässword').toString('base64')}`);
    const auth = { basic: { username: 'sluice', password: 'env:PASSWORD' } };
    expect((await read(url, { auth }, { PASSWORD: 'pässword' })).at).toBe(1000);
  });

  test('reaches no message, even where the server repeats it', async () => {
    const { url } = await guarded('Bearer other');
    const bearer = await refusal(read(url, { auth: { bearer: 'env:TOKEN' } }, { TOKEN: 's3cret-token' }));
    expect(bearer.message).toContain('answers 401: "not you: Bearer ***"');
    const auth = { basic: { username: 'sluice', password: 'env:TOKEN' } };
    const basic = await refusal(read(url, { auth }, { TOKEN: 's3cret-token' }));
    for (const error of [bearer, basic]) {
      const all = JSON.stringify([
        error.message,
        error.hint,
        error.details,
        String(error.cause),
        error.stack,
      ]);
      expect(all).not.toContain('s3cret-token');
      expect(all).not.toContain(Buffer.from('sluice:s3cret-token').toString('base64'));
    }
  });

  test.each([
    ['env:ABSENT', {}, 'The secret env:ABSENT is not there'],
    ['env:EMPTY', { EMPTY: '' }, 'The secret env:EMPTY is empty'],
    ['file:/nowhere/token', {}, 'The secret file:/nowhere/token can not be read'],
    ['env:LINES', { LINES: 'one\r\nx-evil: 1' }, 'The secret env:LINES holds characters'],
    ['env:LONG', { LONG: 'x'.repeat(300_000) }, 'The secret env:LONG is too long'],
  ])('that can not be used is named, not shown: %s', async (bearer, env, says) => {
    const error = await refusal(read('http://127.0.0.1:1', { auth: { bearer } }, env));
    expect(error.code).toBe('METRICS_UNAVAILABLE');
    expect(error.message).toContain(says);
    expect(error.message).not.toContain('evil');
  });
});

describe('certificates', () => {
  const file = (name: string): string => path.join(folder, name);
  const openssl = (...args: readonly string[]) => execute('openssl', [...args], { cwd: folder });

  /** A certificate for 127.0.0.1 that vouches for itself. */
  const certify = (name: string) =>
    openssl(
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`],
      ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', `${name}.key`, '-out', `${name}.pem`],
    );

  test('are shown to a server that asks for them, which is trusted by the given authority alone', async () => {
    await certify('authority');
    await certify('server');
    await certify('client');
    const [key, cert, ca] = await Promise.all(
      ['server.key', 'server.pem', 'client.pem'].map((name) => readFile(file(name))),
    );
    const server = createServer(
      { key, cert, ca, requestCert: true, rejectUnauthorized: true },
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
      },
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const url = `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
      const own = { cert: `file:${file('client.pem')}`, key: `file:${file('client.key')}` };
      const trusted = `file:${file('server.pem')}`;
      expect((await read(url, { tls: { ca: trusted, ...own } })).at).toBe(1000);

      const untrusted = await refusal(read(url, { tls: own }));
      expect(untrusted.message).toContain('is not trusted');
      expect(untrusted.hint).toContain('source.prometheus.tls');
      const another = await refusal(read(url, { tls: { ca: `file:${file('authority.pem')}`, ...own } }));
      expect(another.message).toContain('is not trusted');
      await refusal(read(url, { tls: { ca: trusted } }));
      const broken = await refusal(
        read(url, { tls: { ca: trusted, cert: 'env:X', key: 'env:X' } }, { X: 'no certificate' }),
      );
      expect(broken.code).toBe('METRICS_UNAVAILABLE');
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
