import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { resolveManifest } from '../../../../activities/targets/practice/artifact.ts';
import { parseManifest } from '../../../../activities/targets/practice/manifest.ts';
import type { Manifest } from '../../../../activities/targets/practice/manifest.ts';

const problemsOf = (value: unknown): readonly string[] => {
  const parsed = parseManifest(JSON.stringify(value));
  return parsed.ok ? [] : parsed.problems;
};

describe('parseManifest', () => {
  test('fills in what a plain release leaves out', () => {
    const parsed = parseManifest('{"service":"shop","version":"2.1.0"}');
    expect(parsed).toEqual({
      ok: true,
      manifest: {
        service: 'shop',
        version: '2.1.0',
        instances: 1,
        errorRate: 0,
        latency: { medianMs: 12, p95Ms: 40 },
        readyAfterMs: 0,
        routes: {},
      },
    });
  });

  test('names every problem with its path', () => {
    const problems = problemsOf({
      service: 'Shop!',
      version: '2.1.0',
      errorRate: 3,
      latency: { medianMs: 50, p95Ms: 10 },
      drift: { fromMs: 10, toMs: 10 },
      routes: { 'api/cart': { status: 500 } },
      erorRate: 0.1,
    });
    for (const path of ['service', 'errorRate', 'latency.p95Ms', 'drift.toMs', 'routes.api/cart']) {
      expect(problems).toContainEqual(expect.stringContaining(`${path}: `));
    }
    expect(problems).toContainEqual(expect.stringContaining('erorRate'));
  });

  test.each(['', '{', '[]', 'null', '"x"'])('%j is no manifest', (text) => {
    expect(parseManifest(text).ok).toBe(false);
  });

  test.each([
    { crash: { afterMs: 10, perRequest: 0.1 } },
    { crash: {} },
    { readyAfterMs: 'later' },
    { instances: 0 },
    { instances: 1000 },
  ])('refuses %j', (part) => {
    expect(problemsOf({ service: 'shop', version: '1.0.0', ...part })).not.toEqual([]);
  });
});

describe('the releases of the example', () => {
  const folder = fileURLToPath(new URL('../../../../examples/shop/releases', import.meta.url));
  const read = async (version: string): Promise<Manifest> => {
    const { text } = await resolveManifest(folder, { service: 'shop', version });
    const parsed = parseManifest(text);
    if (!parsed.ok) throw new Error(parsed.problems.join());
    return parsed.manifest;
  };

  test('are all usable under their own names', async () => {
    const versions = (await readdir(folder)).map((file) => file.replace(/\.json$/, ''));
    expect(versions.sort()).toEqual(['2.0.4', '2.1.0', '2.2.0', '2.3.0', '2.4.0', '2.5.0']);
    for (const version of versions) expect((await read(version)).version).toBe(version);
  });

  test('differ from the stable one by the one thing that each is for', async () => {
    const { version: _stable, ...stable } = await read('2.0.4');
    const rest = async (version: string) => {
      const { version: _own, ...other } = await read(version);
      return other;
    };
    expect(stable.errorRate).toBe(0.003);
    expect(stable.instances).toBe(2);
    expect(await rest('2.1.0')).toEqual(stable);
    expect(await rest('2.2.0')).toEqual({ ...stable, errorRate: 0.03 });
    expect(await rest('2.3.0')).toEqual({ ...stable, readyAfterMs: 'never' });
    const slower = { medianMs: stable.latency.medianMs * 1.5, p95Ms: stable.latency.p95Ms * 1.5 };
    expect(await rest('2.4.0')).toEqual({ ...stable, latency: slower });
    expect(await rest('2.5.0')).toEqual({ ...stable, crash: { perRequest: 0.02 } });
  });
});
