import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { errorTable } from '../../../runbooks/errors.ts';
import { sluice } from './session.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-offline-'));
  await writeFile(path.join(folder, 'good.yml'), good);
  await writeFile(
    path.join(folder, 'bad.yml'),
    good.replace('max: 1%', 'max: lots').replace('steps', 'stops'),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const good = `apiVersion: sluice/v1
service: shop
owners: [team-shop]
artifact: { manifests: ./releases }
environments:
  production:
    target: { practice: {} }
    strategy: { canary: { steps: [10, 100], watch: 30s } }
    gates: { every: 1s, errors: { max: 1% } }
`;

/** Nothing of this machine's daemon: what works offline works without any. */
const nowhere = (): Record<string, string> => ({ SLUICE_HOME: path.join(folder, 'home') });

describe('lint', () => {
  test('a good file: exit 0', async () => {
    const file = path.join(folder, 'good.yml');
    expect(await sluice(nowhere(), 'lint', file)).toEqual({ exit: 0, out: `✓ ${file}: shop\n`, err: '' });
  });

  test('a bad one: every problem with its place on standard error, exit 2', async () => {
    const file = path.join(folder, 'bad.yml');
    const { exit, out, err } = await sluice(nowhere(), 'lint', path.join(folder, 'good.yml'), file);
    expect(exit).toBe(2);
    expect(out).toContain('good.yml: shop');
    expect(err).toContain(`${file}:8:`);
    expect(err).toContain(`${file}:9:`);
    expect(err).toContain('did you mean');
    const json = JSON.parse((await sluice(nowhere(), 'lint', file, '--json')).out) as {
      readonly ok: boolean;
      readonly files: readonly { readonly problems: readonly { readonly line: number }[] }[];
    };
    expect(json.ok).toBe(false);
    expect(json.files[0]?.problems.map(({ line }) => line)).toEqual([8, 9]);
  });

  test('without files: the services folder; an empty or missing one is an error', async () => {
    const all = await sluice({ ...nowhere(), SLUICE_SERVICES: folder }, 'lint');
    expect(all.exit).toBe(2);
    expect(all.out).toContain('good.yml: shop');
    const empty = await mkdtemp(path.join(folder, 'empty-'));
    const none = await sluice({ ...nowhere(), SLUICE_SERVICES: empty }, 'lint');
    expect(none.exit).toBe(1);
    expect(none.err).toContain('There is no service file');
    const missing = await sluice({ ...nowhere(), SLUICE_SERVICES: path.join(folder, 'no') }, 'lint');
    expect(missing.exit).toBe(errorTable.CONFIG_INVALID.exit);
  });
});

describe('beside a sluice.yml', () => {
  const organisation = `apiVersion: sluice/v1
defaults: { environments: { '*': { held: 2h } } }
floors: { environments: { production: { gates: { errors: { max: 0.5% } } } } }
`;
  const beside = async (text: string): Promise<string> => {
    const services = await mkdtemp(path.join(folder, 'organisation-'));
    await writeFile(path.join(services, 'shop.yml'), good.replace('errors: { max: 1% }', 'errors: {}'));
    await writeFile(path.join(services, 'loose.yml'), good.replace('service: shop', 'service: loose'));
    await writeFile(path.join(services, 'sluice.yml'), text);
    return services;
  };

  test('lint: the floor that a file loosens, with both lines; the file itself', async () => {
    const services = await beside(organisation);
    const env = { ...nowhere(), SLUICE_SERVICES: services };
    const all = await sluice(env, 'lint');
    expect(all.exit).toBe(2);
    expect(all.out).toContain('sluice.yml: what services inherit and keep\n');
    expect(all.out).toContain('shop.yml: shop\n');
    expect(all.err).toContain('loose.yml:9:');
    expect(all.err).toContain('environments.production.gates.errors.max must be at most 0.5%; found "1%"');
    expect(all.err).toContain(`the floor stands in ${path.join(services, 'sluice.yml')}:3`);
    const file = path.join(services, 'sluice.yml');
    expect(await sluice(nowhere(), 'lint', file)).toMatchObject({ exit: 0, err: '' });
    expect((await sluice(nowhere(), 'lint', path.join(services, 'loose.yml'))).exit).toBe(2);
  });

  test('lint: every problem of the file at once, and those of the services', async () => {
    const services = await beside(organisation.replace('held: 2h', 'hel: 2h').replace('0.5%', 'half'));
    await writeFile(path.join(services, 'other.yml'), good.replace('steps', 'stops'));
    const { exit, err } = await sluice({ ...nowhere(), SLUICE_SERVICES: services }, 'lint');
    expect(exit).toBe(2);
    expect(err).toContain('sluice.yml:2:');
    expect(err).toContain('did you mean held?');
    expect(err).toContain('sluice.yml:3:');
    expect(err).toContain('other.yml:8:');
    const file = path.join(services, 'sluice.yml');
    const json = JSON.parse((await sluice(nowhere(), 'lint', file, '--json')).out) as unknown;
    expect(json).toMatchObject({ ok: false, files: [{ path: file, problems: [{ line: 2 }, { line: 3 }] }] });
  });

  test('config show: what counts and who said it, by the files of this machine where no daemon answers', async () => {
    const services = await beside(organisation);
    const env = { ...nowhere(), SLUICE_SERVICES: services };
    const { exit, out, err } = await sluice(env, 'config', 'show', 'shop');
    expect(exit).toBe(0);
    expect(err).toContain(`No daemon answers: this is what the files in ${services} say.`);
    expect(out).toMatchSnapshot();
    const json = JSON.parse(
      (await sluice(env, 'config', 'show', 'shop', 'production', '--json')).out,
    ) as unknown;
    expect(json).toMatchObject({
      service: 'shop',
      environment: 'production',
      values: expect.arrayContaining([
        {
          path: 'environments.production.held',
          environment: 'production',
          value: '2h',
          origin: { by: 'defaults', file: path.join(services, 'sluice.yml'), line: 2 },
        },
        {
          path: 'environments.production.stuck.after',
          environment: 'production',
          value: '90s',
          origin: { by: 'product' },
        },
      ]) as unknown,
    });
  });

  test('config show: refused in clear words', async () => {
    const env = { ...nowhere(), SLUICE_SERVICES: await beside(organisation) };
    expect(await sluice(env, 'config', 'set', 'shop')).toMatchObject({ exit: errorTable.USAGE.exit });
    expect((await sluice(env, 'config', 'show', 'loose')).err).toContain('must be at most 0.5%');
    expect(await sluice(env, 'config', 'show', 'shoop')).toMatchObject({
      exit: errorTable.SERVICE_UNKNOWN.exit,
      err: expect.stringContaining('Did you mean shop?') as unknown,
    });
    expect(await sluice(env, 'config', 'show', 'shop', 'test')).toMatchObject({
      exit: errorTable.ENVIRONMENT_UNKNOWN.exit,
      err: expect.stringContaining('It has: production.') as unknown,
    });
  });
});

test('schema: JSON Schema of service files, and of the organisation’s', async () => {
  const organisation = await sluice(nowhere(), 'schema', 'organisation');
  expect(JSON.parse(organisation.out)).toMatchObject({
    properties: { floors: { properties: { hosts: { type: 'array' } } } },
  });
  expect((await sluice(nowhere(), 'schema', 'service')).out).toBe((await sluice(nowhere(), 'schema')).out);
  expect(await sluice(nowhere(), 'schema', 'access')).toMatchObject({ exit: errorTable.USAGE.exit, out: '' });
  const { exit, out } = await sluice(nowhere(), 'schema');
  expect(exit).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    required: expect.arrayContaining(['service', 'environments']) as unknown,
  });
});

test('doctor without a daemon: what can be seen from here, exit 1', async () => {
  const { exit, out } = await sluice({ ...nowhere(), SLUICE_SERVICES: folder }, 'doctor');
  expect(exit).toBe(1);
  expect(out).toMatch(/^✗ daemon /);
  expect(out).toContain(`✓ node              ${process.versions.node}`);
  expect(out).toMatch(/✗ services +1 in\s.*1\s+broken/s);
});

describe('help and usage', () => {
  test('help is grouped, has examples, and fits 80 columns', async () => {
    const { exit, out } = await sluice(nowhere(), '--help');
    expect(exit).toBe(0);
    expect(out).toMatchSnapshot();
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect((await sluice(nowhere())).out).toContain('Ship and take back:');
    expect((await sluice(nowhere(), 'help', 'deploy')).out).toContain('--timeout <duration>');
    expect((await sluice(nowhere(), 'deploy', '--help')).out).toContain('--timeout <duration>');
  });

  test('--version', async () => {
    expect((await sluice(nowhere(), '--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test.each([
    [['deplyo', 'shop'], 'Did you mean deploy?'],
    [['help', 'deplyo'], 'Did you mean deploy?'],
    [['deploy', 'shop'], "Missing required argument 'version'."],
    [['deploy', 'shop', '1', '2'], 'Too many arguments'],
    [['deploy', 'shop', '1', '--wiat'], 'Did you mean --wait?'],
    [['status', '--timeout'], 'argument missing'],
  ])('%j: what was meant, exit 1', async (argv, said) => {
    const { exit, out, err } = await sluice(nowhere(), ...argv);
    expect({ exit, out }).toEqual({ exit: 1, out: '' });
    expect(err.replaceAll(/\s+/g, ' ')).toContain(said);
    const [command = '', ...rest] = argv;
    const json = await sluice(nowhere(), command, '--json', ...rest);
    expect(JSON.parse(json.err)).toMatchObject({ code: 'USAGE', hint: expect.any(String) as unknown });
  });

  test('no arguments whatever can do harm: an exit code of the table, an error on standard error', async () => {
    const exits = new Set([0, ...Object.values(errorTable).map(({ exit }) => exit)]);
    const words = [
      'deploy',
      'status',
      'why',
      'plan',
      'hold',
      'history',
      'shop',
      '--json',
      '--wait',
      '--env',
      '--',
    ];
    const word = fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary' }));
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 5 }), async (argv) => {
        fc.pre(argv[0] !== 'lint' && argv[0] !== 'schema');
        const { exit, err } = await sluice(nowhere(), ...argv);
        expect(exits).toContain(exit);
        if (exit !== 0) expect(err).not.toBe('');
        expect(err).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
        expect(err).not.toContain('INTERNAL');
      }),
      { numRuns: 150 },
    );
  });
});
