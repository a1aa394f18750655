import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { DefaultLogger, OpenFeature } from '@openfeature/server-sdk';
import { FlagdCore } from '@openfeature/flagd-core';
import { FlagdProvider } from '@openfeature/flagd-provider';
import fc from 'fast-check';
import { flagdDriver } from '../../../activities/flags/flagd.ts';
import { percentOf } from '../../../activities/flags/flagd-definition.ts';
import { shareOf } from '../../../runbooks/flagd-share.ts';
import { until } from '../../e2e/until.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sluice-flagd-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plain = { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off' };
const untouched = { ...plain, targeting: { if: [{ '==': [{ var: 'tier' }, 'beta'] }, 'on', 'off'] } };

let files = 0;
const makeFile = (flags: unknown = { checkout: plain, other: untouched }): string => {
  files += 1;
  const file = path.join(folder, `flags-${String(files)}.json`);
  writeFileSync(file, JSON.stringify({ $schema: 'https://flagd.dev/schema/v0/flags.json', flags }));
  return file;
};
const driverOf = (file: string) => flagdDriver({ file, on: 'on', off: 'off' });
const mark = (fence: number, key = `r/${String(fence)}/forward`) => ({ rolloutId: 'r', key, fence });

/** Who is on, as flagd's own evaluator says. */
const usersOn = (file: string, count: number): ReadonlySet<number> => {
  const core = new FlagdCore();
  core.setConfigurations(readFileSync(file, 'utf8'));
  const log = new DefaultLogger();
  const isOn = (user: number): boolean =>
    core.resolveBooleanEvaluation('checkout', false, { targetingKey: `user-${String(user)}` }, log).value;
  return new Set(Array.from({ length: count }, (_, user) => user).filter(isOn));
};

describe('flagd', () => {
  test("flagd's own evaluator turns on the share that was set; who is on stays on, and nobody without a key is", async () => {
    const file = makeFile();
    const driver = driverOf(file);
    expect(await driver.observe('checkout')).toMatchObject({ percent: 0 });
    const sets: ReadonlySet<number>[] = [];
    for (const [i, percent] of [1, 10, 25, 50].entries()) {
      await driver.set('checkout', percent, mark(i + 1));
      expect(await driver.observe('checkout')).toMatchObject({ percent });
      sets.push(usersOn(file, 10_000));
    }
    const [one, ten, quarter, half] = sets.map((on) => on.size / 10_000);
    expect(one).toBeCloseTo(0.01, 2);
    expect(ten).toBeCloseTo(0.1, 1.7);
    expect(quarter).toBeCloseTo(0.25, 1.7);
    expect(half).toBeCloseTo(0.5, 1.7);
    for (const [i, on] of sets.entries()) {
      const later = sets[i + 1];
      if (later !== undefined) expect([...on].filter((user) => !later.has(user))).toEqual([]);
    }
    const core = new FlagdCore();
    core.setConfigurations(readFileSync(file, 'utf8'));
    expect(core.resolveBooleanEvaluation('checkout', true, {}, new DefaultLogger()).value).toBe(false);

    await driver.set('checkout', 100, mark(8));
    expect(usersOn(file, 500).size).toBe(500);
    await driver.set('checkout', 0, mark(9));
    expect(usersOn(file, 500).size).toBe(0);
  });

  test('a provider that is running sees the edit, and never half of a file', async () => {
    const file = makeFile();
    const provider = new FlagdProvider({ resolverType: 'in-process', offlineFlagSourcePath: file });
    await OpenFeature.setProviderAndWait('flagd-edit', provider);
    const client = OpenFeature.getClient('flagd-edit');
    const isOn = () => client.getBooleanValue('checkout', false, { targetingKey: 'ana' });
    try {
      expect(await isOn()).toBe(false);
      await driverOf(file).set('checkout', 100, mark(1));
      await until('the provider has seen the edit', isOn, { withinMs: 30_000 });
      await driverOf(file).set('checkout', 0, mark(2));
      await until('and the next one', async () => !(await isOn()), { withinMs: 30_000 });
    } finally {
      await OpenFeature.clearProviders();
    }
  });

  test('changes one flag and nothing else of the file; its rights stay; nothing is left beside it', async () => {
    const file = makeFile();
    chmodSync(file, 0o640);
    const before = JSON.parse(readFileSync(file, 'utf8')) as { flags: Record<string, unknown> };
    await driverOf(file).set('checkout', 10, mark(5));
    const after = JSON.parse(readFileSync(file, 'utf8')) as { flags: Record<string, unknown> };
    expect({ ...after, flags: { ...after.flags, checkout: null } }).toEqual({
      ...before,
      flags: { ...before.flags, checkout: null },
    });
    expect(after.flags['checkout']).toMatchObject({ variants: plain.variants, metadata: { sluiceFence: 5 } });
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder).filter((name) => name.endsWith('.sluice-new'))).toEqual([]);
  });

  test('a late write is refused, a repeated one changes nothing', async () => {
    const file = makeFile();
    const driver = driverOf(file);
    await driver.set('checkout', 10, mark(10));
    await driver.set('checkout', 0, mark(20));
    await expect(driver.set('checkout', 10, mark(10))).rejects.toMatchObject({ code: 'TARGET_FENCED' });
    await expect(driver.set('checkout', 10, mark(20, 'another'))).rejects.toMatchObject({
      code: 'TARGET_FENCED',
    });
    const text = readFileSync(file, 'utf8');
    await driver.set('checkout', 0, mark(20));
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(await driver.observe('checkout')).toMatchObject({ percent: 0 });
  });

  test('many writers of one file: each flag ends as the highest fence said, and none is lost', async () => {
    const names = Array.from({ length: 6 }, (_, i) => `flag-${String(i)}`);
    const file = makeFile(Object.fromEntries(names.map((name) => [name, plain])));
    const driver = driverOf(file);
    const writes = names.flatMap((name, n) =>
      [1, 2, 3].map((fence) => driver.set(name, fence * 10 + n, mark(fence)).catch(() => undefined)),
    );
    await Promise.all(writes);
    for (const [n, name] of names.entries())
      expect(await driver.observe(name)).toMatchObject({ percent: 30 + n });
  });

  test.each([
    ['a flag that is not there', { checkuot: plain }, 'FLAG_UNKNOWN', /Did you mean "checkuot"/],
    ['rules of its own', { checkout: untouched }, 'FLAG_REFUSED', /targeting rules of its own/],
    ['a flag that is disabled', { checkout: { ...plain, state: 'DISABLED' } }, 'FLAG_REFUSED', /disabled/],
    [
      'other variants',
      { checkout: { ...plain, variants: { yes: true } } },
      'FLAG_REFUSED',
      /no variant on, off/,
    ],
    ['no flag at all', { checkout: 7 }, 'FLAG_REFUSED', /flags\.checkout/],
  ])('%s is refused, and the file stays as it is', async (_, flags, code, says) => {
    const file = makeFile(flags);
    const text = readFileSync(file, 'utf8');
    const error: unknown = await driverOf(file)
      .set('checkout', 10, mark(1))
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code });
    const { message, hint } = error as { message: string; hint: string };
    expect(`${message} ${hint}`).toMatch(says);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test('a file that is away, or is no JSON, is a named error', async () => {
    await expect(driverOf(path.join(folder, 'nowhere.json')).observe('checkout')).rejects.toMatchObject({
      code: 'FLAG_UNAVAILABLE',
    });
    const file = makeFile();
    writeFileSync(file, '{ "flags": ');
    await expect(driverOf(file).observe('checkout')).rejects.toMatchObject({ code: 'FLAG_REFUSED' });
  });

  test('every percentage is read back as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), (percent) => {
        const variants = { on: 'on', off: 'off' };
        const flag = { state: 'ENABLED' as const, variants: plain.variants, ...shareOf(percent, variants) };
        expect(percentOf(flag, variants)).toBe(percent);
      }),
    );
  });
});
