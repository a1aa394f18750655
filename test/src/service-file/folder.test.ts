import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { SluiceError } from '../../../runbooks/errors.ts';
import { findService, loadServices } from '../../../src/service-file/folder.ts';
import { validText } from './make.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-services-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
const named = (service: string): string => validText.replace('service: shop', `service: ${service}`);
const refusal = async (promise: Promise<unknown>): Promise<SluiceError> => {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof SluiceError) return error;
  throw new Error(`no refusal, but ${String(error)}`);
};

describe('a folder of service files', () => {
  test('gives the services of its YAML files, in the order of their names', async () => {
    await write('b.yml', named('basket'));
    await write('a.yaml', named('account'));
    await write('notes.txt', 'nothing');
    await write('.hidden.yml', 'nothing');
    await mkdir(join(folder, 'deeper'));
    await writeFile(join(folder, 'deeper', 'c.yml'), named('cart'));
    const { services, broken } = await loadServices(folder);
    expect(services.map(({ file, path }) => [file.service, basename(path)])).toEqual([
      ['account', 'a.yaml'],
      ['basket', 'b.yml'],
    ]);
    expect(broken).toEqual([]);
    expect(services[0]?.file.artifact.manifests).toBe(join(folder, 'releases'));
  });

  test('does not let one broken file stand in the way of the others', async () => {
    await write('shop.yml', validText);
    await write('torn.yml', 'service: torn\nowners: [');
    const { services, broken } = await loadServices(folder);
    expect(services.map(({ file }) => file.service)).toEqual(['shop']);
    expect(broken.map(({ path, error }) => [basename(path), error.code])).toEqual([
      ['torn.yml', 'SERVICE_FILE_INVALID'],
    ]);
    expect((await findService(folder, 'shop')).file.service).toBe('shop');
  });

  test('refuses both of two files that declare one service', async () => {
    await write('one.yml', validText);
    await write('two.yml', validText);
    await write('basket.yml', named('basket'));
    const { services, broken } = await loadServices(folder);
    expect(services.map(({ file }) => file.service)).toEqual(['basket']);
    expect(broken.map(({ path }) => basename(path))).toEqual(['one.yml', 'two.yml']);
    const error = await refusal(findService(folder, 'shop'));
    expect(error.message).toContain('declares shop, as ');
    expect(error.hint).toContain('one file per service');
  });

  test('that is a folder of that name is refused as the file it is not', async () => {
    await mkdir(join(folder, 'odd.yml'));
    const { broken } = await loadServices(folder);
    expect(broken[0]?.error.message).toContain('it is a folder');
  });

  test.each(['sluice.yml', 'sluice.yaml'])('keeps the name %s', async (name) => {
    await write(name, named('sluice'));
    const { services, broken } = await loadServices(folder);
    expect([services.length, broken.length]).toEqual([0, 1]);
    expect(broken[0]?.error.message).toContain("is kept for the organisation's defaults");
  });

  test('that is not there is said so', async () => {
    const error = await refusal(loadServices(join(folder, 'none')));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.hint).toContain('SLUICE_SERVICES');
  });
});

describe('a service', () => {
  test('that no file declares is refused with what there is, and what was meant', async () => {
    await write('shop.yml', validText);
    await write('torn.yml', ':');
    const error = await refusal(findService(folder, 'shpo'));
    expect(error.code).toBe('SERVICE_UNKNOWN');
    expect(error.message).toBe('No service file declares "shpo".');
    expect(error.hint).toContain('Did you mean shop?');
    expect(error.hint).toContain('torn.yml (see sluice lint)');
    expect(error.details).toEqual({ services: ['shop'] });
  });

  test('in an empty folder is refused with where to write one', async () => {
    expect((await refusal(findService(folder, 'shop'))).hint).toContain('write one');
  });

  test.each(['', '../shop', 'constructor', '\u001b[2J', 'x'.repeat(10_000)])(
    'of the name %j is not there',
    async (name) => {
      await write('shop.yml', validText);
      const error = await refusal(findService(folder, name));
      expect(error.code).toBe('SERVICE_UNKNOWN');
      expect(error.message).not.toMatch(/\p{Cc}/u);
      expect(error.message.length).toBeLessThan(200);
    },
  );

  test.each([
    ['its broken file is named after it', 'shop.yml', 'owners: ['],
    ['its broken file declares it', 'other.yml', 'service: shop\nowners: ['],
    ['its file is wrong', 'other.yml', validText.replace('max: 1%', 'max: 1')],
  ])('is refused with what is wrong where %s', async (_, name, text) => {
    await write(name, text);
    const error = await refusal(findService(folder, 'shop'));
    expect(error.code).toBe('SERVICE_FILE_INVALID');
    expect(error.message).toContain(name);
  });
});
