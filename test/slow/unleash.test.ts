import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { unleashDriver } from '../../activities/flags/unleash.ts';
import { startUnleash } from '../servers/unleash.ts';
import type { UnleashServer } from '../servers/unleash.ts';

let unleash: UnleashServer;
beforeAll(async () => {
  unleash = await startUnleash();
}, 400_000);
afterAll(() => unleash.stop());

const block = (url: string) => ({
  url,
  token: 'env:UNLEASH_TOKEN',
  project: 'default',
  environment: 'production',
  stickiness: 'default',
  timeout: 5_000,
});
const driver = (token = unleash.adminToken, url = unleash.url) =>
  unleashDriver(block(url), { UNLEASH_TOKEN: token });
const mark = (fence: number) => ({ rolloutId: 'r', key: `r/${String(fence)}`, fence });

const make = async (name: string): Promise<string> => {
  await unleash.ask('POST', '/api/admin/projects/default/features', { name, type: 'release' });
  return name;
};
const place = (flag: string) => `/api/admin/projects/default/features/${flag}/environments/production`;

/** What applications are told. */
const asClient = async (flag: string) => {
  const answer = await fetch(`${unleash.url}/api/client/features/${flag}`, {
    headers: { authorization: unleash.clientToken },
  });
  return (await answer.json()) as { enabled: boolean; strategies: { name: string; parameters: object }[] };
};

describe('a real Unleash', () => {
  test('is ramped and switched off, as its applications see it', async () => {
    const flag = await make('ramp');
    expect(await driver().observe(flag)).toMatchObject({ percent: 0 });
    for (const [i, percent] of [1, 10, 50, 100].entries()) {
      await driver().set(flag, percent, mark(i + 1));
      expect(await driver().observe(flag)).toMatchObject({ percent });
      const seen = await asClient(flag);
      expect(seen.enabled).toBe(true);
      expect(seen.strategies).toEqual([
        expect.objectContaining({
          name: 'flexibleRollout',
          parameters: expect.objectContaining({ rollout: String(percent), groupId: flag }),
        }),
      ]);
    }
    await driver().set(flag, 0, mark(9));
    expect(await asClient(flag)).toMatchObject({ enabled: false });
    expect(await driver().observe(flag)).toMatchObject({ percent: 0 });
    // Repeated: nothing new.
    await driver().set(flag, 0, mark(9));
    await expect(driver().set(flag, 50, mark(4))).rejects.toMatchObject({ code: 'TARGET_FENCED' });
    expect(await asClient(flag)).toMatchObject({ enabled: false });
  });

  test('rules that somebody else made are left alone', async () => {
    const flag = await make('theirs');
    await unleash.ask('POST', `${place(flag)}/strategies`, { name: 'default', title: 'beta testers' });
    await expect(driver().set(flag, 10, mark(1))).rejects.toMatchObject({
      code: 'FLAG_REFUSED',
      message: expect.stringContaining('beta testers'),
    });
    await unleash.ask('POST', `${place(flag)}/on`);
    await expect(driver().observe(flag)).rejects.toMatchObject({ code: 'FLAG_REFUSED' });
  });

  test('no such flag, a token that may not, an Unleash that is away or is none: named, and no token in it', async () => {
    const flag = await make('away');
    await expect(driver().observe('nowhere')).rejects.toMatchObject({ code: 'FLAG_UNKNOWN' });
    const refused: unknown = await driver('*:*.wrong-secret')
      .observe(flag)
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'FLAG_REFUSED' });
    expect(JSON.stringify([refused, String(refused)])).not.toContain('wrong-secret');
    const readOnly = driver(unleash.clientToken);
    await expect(readOnly.observe(flag)).rejects.toMatchObject({ code: 'FLAG_REFUSED' });
    await expect(unleashDriver(block(unleash.url), {}).observe(flag)).rejects.toMatchObject({
      code: 'FLAG_UNAVAILABLE',
      message: expect.stringContaining('env:UNLEASH_TOKEN'),
    });

    const page = createServer((_, answer) => answer.end('<html>log in</html>')).listen(0, '127.0.0.1');
    const url = await new Promise<string>((resolve) => {
      page.once('listening', () =>
        resolve(`http://127.0.0.1:${String((page.address() as AddressInfo).port)}`),
      );
    });
    await expect(driver('*:*.x', url).observe(flag)).rejects.toMatchObject({ code: 'FLAG_UNAVAILABLE' });
    await new Promise((resolve) => page.close(resolve));

    await unleash.kill();
    const away = await driver()
      .set(flag, 10, mark(20))
      .catch((error: unknown) => error);
    expect(away).toMatchObject({ code: 'FLAG_UNAVAILABLE' });
    await unleash.restart();
    await driver().set(flag, 10, mark(20));
    expect(await driver().observe(flag)).toMatchObject({ percent: 10 });
  });
});
