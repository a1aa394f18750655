import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { SluiceError } from '../../../runbooks/errors.ts';
import { findService, loadServices } from '../../../src/service-file/folder.ts';
import { readServiceFile } from '../../../src/service-file/read.ts';
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

  test('has its organisation in sluice.yml, which is no service file', async () => {
    await write('sluice.yml', "apiVersion: sluice/v1\ndefaults: { environments: { '*': { held: 2h } } }\n");
    await write('shop.yml', validText.replace('    held: 24h\n', ''));
    const { services, broken, organisation } = await loadServices(folder);
    expect(broken).toEqual([]);
    expect(organisation?.document.path).toBe(join(folder, 'sluice.yml'));
    expect(services[0]?.file.environments['production']?.held).toBe(7_200_000);
    expect((await readServiceFile(join(folder, 'shop.yml'))).file).toEqual(services[0]?.file);
  });

  test.each([
    ['is wrong', 'sluice.yml', 'apiVersion: sluice/v1\nfloors: 7', 'floors must be a mapping'],
    ['is another name’s', 'sluice.yaml', 'apiVersion: sluice/v1', 'has a name that is not read'],
  ])('lets nothing be deployed while its sluice.yml %s', async (_, name, text, says) => {
    await write(name, text);
    await write('shop.yml', validText);
    const { services, broken } = await loadServices(folder);
    expect(services.map(({ file }) => file.service)).toEqual(['shop']);
    expect(broken.map(({ error }) => error.code)).toEqual(['ORGANISATION_FILE_INVALID']);
    const error = await refusal(findService(folder, 'shop'));
    expect(error.code).toBe('ORGANISATION_FILE_INVALID');
    expect(error.message).toContain(name);
    expect(error.message).toContain(says);
    expect((await refusal(readServiceFile(join(folder, 'shop.yml')))).code).toBe('ORGANISATION_FILE_INVALID');
    // What goes back, and what only looks, does not wait for it.
    expect((await findService(folder, 'shop', 'lists')).file.service).toBe('shop');
    expect((await findService(folder, 'shop', 'nothing')).file.service).toBe('shop');
  });

  test('goes back by what can be read of a sluice.yml that is wrong; without any of it, the file alone', async () => {
    const short = validText.replace('    held: 24h\n', '').replace('  manifests: ./releases', '  {}');
    await write('shop.yml', short);
    await write('sluice.yml', 'defaults: { artifact: { manifests: ./releases } }\nfloors: { hosts: 7 }\n');
    const back = await findService(folder, 'shop', 'lists');
    expect(back.file.artifact.manifests).toBe(join(folder, 'releases'));
    await write('sluice.yml', 'defaults: [');
    expect((await refusal(findService(folder, 'shop', 'lists'))).code).toBe('ORGANISATION_FILE_INVALID');
    await write('shop.yml', validText);
    expect((await findService(folder, 'shop', 'lists')).file.service).toBe('shop');
  });

  test.each(['a folder', 'a link that leads nowhere'])(
    'whose sluice.yml is %s is not one without',
    async (what) => {
      await write('shop.yml', validText);
      const path = join(folder, 'sluice.yml');
      if (what === 'a folder') await mkdir(path);
      else await symlink(join(folder, 'nothing'), path);
      expect((await refusal(findService(folder, 'shop'))).code).toBe('ORGANISATION_FILE_INVALID');
      expect((await refusal(readServiceFile(join(folder, 'shop.yml')))).code).toBe(
        'ORGANISATION_FILE_INVALID',
      );
    },
  );

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
