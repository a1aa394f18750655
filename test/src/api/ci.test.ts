import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { generateKeyPair, UnsecuredJWT } from 'jose';
import { pino } from 'pino';
import { accessIn } from '../../../src/access/source.ts';
import { problemDocument } from '../../../src/api/schemas/answers.ts';
import { Issuer } from '../../servers/issuer.ts';
import { sluice } from '../cli/session.ts';
import type { World } from './world.ts';
import { listen, openWorld } from './world.ts';

let world: World;
let folder: string;
let url: string;
let issuer: Issuer;
const main = { repository: 'acme/shop', ref: 'refs/heads/main' };

const file = (more = ''): string => `apiVersion: sluice/v1
ci:
  shop-main:
    issuer: ${issuer.url}
    claims: { repository: acme/shop, ref: refs/heads/main }
    for: 30m
  shop-tags: { issuer: '${issuer.url}', audience: tags, claims: { repository: acme/shop, ref: 'refs/tags/*' } }
groups: { shippers: [shop-main] }
${more}`;
const write = (text: string) => writeFile(path.join(folder, 'access.yml'), text);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-ci-'));
  world = await openWorld();
  url = await listen(world.api({ access: accessIn(folder, pino({ enabled: false })) }));
});
beforeEach(async () => {
  issuer = await Issuer.start();
  await write(file());
});
afterEach(async () => {
  await issuer.stop();
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

const exchange = async (token: string) => {
  const answer = await fetch(`${url}/v1/tokens/exchange`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  return { status: answer.status, said: JSON.parse(await answer.text()) as Record<string, unknown> };
};

const whoami = async (token: unknown) => {
  const headers = { authorization: `Bearer ${String(token)}` };
  const answer = await fetch(`${url}/v1/whoami`, { headers });
  return { status: answer.status, said: JSON.parse(await answer.text()) as unknown };
};

describe('a job of a CI', () => {
  test('is known by its ID token, once, and then by one of ours with the groups of its pipeline', async () => {
    const jwt = await issuer.token({ claims: main });
    const beganMs = Date.now();
    const { status, said } = await exchange(jwt);
    expect([status, said['pipeline']]).toEqual([200, 'shop-main']);
    const lastsMs = Date.parse(String(said['endsAt'])) - beganMs;
    expect(lastsMs).toBeGreaterThanOrEqual(30 * 60_000);
    const known = { id: 'ci:shop-main', via: 'ci', groups: ['shippers'], unsure: false };
    expect((await whoami(said['token'])).said).toEqual(known);
    expect((await whoami(said['token'])).said).toEqual(known);

    const again = await exchange(jwt);
    expect([again.status, again.said['code']]).toEqual([401, 'UNAUTHENTICATED']);
    expect(again.said['detail']).toContain('it was sent before');
    // The CI's own is no token of ours.
    expect((await whoami(jwt)).status).toBe(401);
    expect(world.log.join('')).not.toContain(jwt);
  });

  test('of two that send one token at once, one is known', async () => {
    const jwt = await issuer.token({ claims: main });
    const answers = await Promise.all(Array.from({ length: 8 }, () => exchange(jwt)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(7).fill(401)]);
  });

  test('a beginning with * takes what goes on from there, for the audience of its own row', async () => {
    const tag = { repository: 'acme/shop', ref: 'refs/tags/v1' };
    const taken = await exchange(await issuer.token({ claims: { ...tag, aud: 'tags' } }));
    expect(taken.said['pipeline']).toBe('shop-tags');
    expect((await exchange(await issuer.token({ claims: tag }))).status).toBe(401);
  });

  test('is nobody any more once its row is another one, or gone', async () => {
    const { said } = await exchange(await issuer.token({ claims: main }));
    expect((await whoami(said['token'])).status).toBe(200);
    await write(file().replace('refs/heads/main', 'refs/heads/trunk'));
    expect((await whoami(said['token'])).status).toBe(401);
    await write('apiVersion: sluice/v1\n');
    expect((await whoami(said['token'])).status).toBe(401);
    await write(file());
    expect((await whoami(said['token'])).status).toBe(200);
  });

  test('with a broken file it is known, and may abort; no new one is taken, nor its token used up', async () => {
    const { said } = await exchange(await issuer.token({ claims: main }));
    const next = await issuer.token({ claims: main });
    await write(file('grants: [nonsense]'));
    expect((await whoami(said['token'])).said).toMatchObject({ id: 'ci:shop-main', unsure: true });
    const { status, said: refused } = await exchange(next);
    expect([status, refused['code']]).toEqual([503, 'ACCESS_FILE_INVALID']);
    await write(file());
    expect((await exchange(next)).status).toBe(200);
  });
});

describe('what is refused', () => {
  const now = Math.floor(Date.now() / 1000);
  test.each([
    ['another repository', { claims: { ...main, repository: 'evil/shop' } }, 'no pipeline'],
    ['a longer one', { claims: { ...main, repository: 'acme/shopping' } }, 'no pipeline'],
    ['another branch', { claims: { ...main, ref: 'refs/heads/main2' } }, 'no pipeline'],
    ['no claim', { claims: {} }, 'no pipeline'],
    ['a list as a claim', { claims: { ...main, ref: ['refs/heads/main'] } }, 'no pipeline'],
    ['another audience', { claims: { ...main, aud: 'npm' } }, 'its aud'],
    ['no number', { claims: { ...main, jti: undefined } }, 'its jti'],
    ['one that has expired', { claims: main, iat: now - 900, exp: now - 600 }, 'it has expired'],
    ['one of tomorrow', { claims: { ...main, nbf: now + 86_400 } }, 'its nbf'],
    ['a key that there is not', { claims: main, kid: 'two' }, 'no such key'],
  ])('%s', async (_name, made, why) => {
    const { status, said } = await exchange(await issuer.token(made));
    expect([status, said['code']]).toEqual([401, 'UNAUTHENTICATED']);
    expect(said['detail']).toContain(why);
  });

  test('a signature by somebody else, and none', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    expect((await exchange(await issuer.token({ claims: main }, privateKey))).said['detail']).toContain(
      'its signature is wrong',
    );
    const none = new UnsecuredJWT({ ...main, aud: 'sluice', jti: 'x' })
      .setIssuer(issuer.url)
      .setIssuedAt()
      .setExpirationTime('5m')
      .encode();
    expect((await exchange(none)).status).toBe(401);
  });

  test('an issuer that access.yml does not name is not even asked', async () => {
    const other = await Issuer.start();
    try {
      expect((await exchange(await other.token({ claims: main }))).said['detail']).toContain('no pipeline');
      expect(other.asked).toEqual([]);
    } finally {
      await other.stop();
    }
  });

  test.each([['no token at all'], ['a.b.c'], [`${'x'.repeat(15_000)}.y.z`], ['e30.e30.']])(
    'what is no token: %.20s',
    async (text) => {
      expect((await exchange(text)).status).toBe(401);
      expect(issuer.asked).toEqual([]);
    },
  );

  test('one that two rows would take', async () => {
    await write(file().replace('audience: tags', 'audience: sluice').replace("'refs/tags/*'", "'refs/*'"));
    const { said } = await exchange(await issuer.token({ claims: main }));
    expect(said['detail']).toContain('shop-main and shop-tags');
  });

  test.each([
    ['an outage', 500, 'away'],
    ['a page', 200, '<html>'],
    ['another issuer', 200, '{"issuer":"https://other.example","jwks_uri":"https://other.example/keys"}'],
  ])(
    'an issuer that answers with %s is told as that, and the token may come again',
    async (_n, status, body) => {
      const jwt = await issuer.token({ claims: main });
      issuer.instead = { status, body };
      const refused = await exchange(jwt);
      expect([refused.status, refused.said['code']]).toEqual([503, 'ISSUER_UNAVAILABLE']);
      expect(problemDocument.parse(refused.said).hint).toContain('it may be sent again');
      issuer.instead = null;
      expect((await exchange(jwt)).status).toBe(200);
    },
  );

  test('keys that would come in clear from elsewhere', async () => {
    issuer.instead = {
      status: 200,
      body: JSON.stringify({ issuer: issuer.url, jwks_uri: 'http://keys.example/keys' }),
    };
    expect((await exchange(await issuer.token({ claims: main }))).said['detail']).toContain('not https');
  });
});

describe('sluice token exchange', () => {
  test('sends what the job was given, and prints what it sends from now on', async () => {
    const env = { SLUICE_URL: url, SLUICE_OIDC_TOKEN: await issuer.token({ claims: main }) };
    const { exit, out, err } = await sluice(env, 'token', 'exchange');
    expect([exit, err]).toEqual([0, expect.stringContaining('This job is shop-main, until ')]);
    const who = await sluice({ SLUICE_URL: url, SLUICE_TOKEN: out }, 'token', 'whoami');
    expect(who.out).toBe('ci:shop-main, by ci, in shippers\n');
  });

  test('without a token it says where one comes from', async () => {
    const { exit, err } = await sluice({ SLUICE_URL: url }, 'token', 'exchange');
    expect(exit).toBe(1);
    expect(err).toContain('id-token: write');
  });
});
