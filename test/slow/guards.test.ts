import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sluice } from '../e2e/cli.ts';
import { Dev } from '../e2e/dev.ts';
import { oldVersion } from '../e2e/files.ts';
import { until } from '../e2e/until.ts';

let dev: Dev;
beforeAll(async () => {
  dev = await Dev.start([
    { name: 'shop', watch: '60s' },
    { name: 'ill', holdBack: '10%' },
    { name: 'never', watch: '60s' },
  ]);
  await dev.api.adopt('shop');
  await dev.api.adopt('never');
  dev.files.release('never', '1.1.0');
  dev.files.release('shop', '1.1.0');
}, 90_000);
afterAll(async () => {
  await dev.stop();
}, 60_000);

const fileOf = (name: string): string => path.join(dev.files.services, `${name}.yml`);
const run = (...args: readonly string[]) => sluice(dev.home, args);

/** With these lines in the block of the one environment, as long as `work` takes. */
const written = async (lines: string, work: () => Promise<void>): Promise<void> => {
  const before = readFileSync(fileOf('shop'), 'utf8');
  writeFileSync(fileOf('shop'), before.replace('    target:', `${lines}\n    target:`));
  try {
    await work();
  } finally {
    writeFileSync(fileOf('shop'), before);
  }
};

const frozen = '    freeze: { windows: [{ cron: "* * * * *", for: 1h, reason: the last sale of the year }] }';

/** Refused with that code, by the API as by the terminal, and nothing runs. */
const refused = async (code: string, exit: number, words: string, service = 'shop'): Promise<void> => {
  const told = await run('deploy', service, '1.1.0', '--json');
  expect(JSON.parse(told.err)).toMatchObject({ code, message: expect.stringContaining(words) });
  expect(told.exit).toBe(exit);
  expect(await dev.api.refusal({ path: '/v1/plans', body: { service, version: '1.1.0' } })).toMatchObject({
    code,
  });
  await until('nothing is open', async () =>
    (await dev.api.rollouts(service)).every(({ endedAt }) => endedAt !== null),
  );
};

describe('what stands in the way of a deploy', () => {
  test('a lock refuses it, says who and why, and is gone once it is taken away', async () => {
    expect(await run('lock', 'shop', '--for', '1h')).toMatchObject({ exit: 1 });
    const locked = await run('lock', 'shop', '--env', 'production', '--for', '1h', '--reason', 'stocktaking');
    expect(locked).toMatchObject({ exit: 0, err: '' });
    await refused('SERVICE_LOCKED', 9, 'stocktaking');
    expect((await run('unlock', 'shop', '--reason', 'done')).err).toContain('is not locked as a whole');
    expect(await run('unlock', 'shop', '--env', 'production', '--reason', 'done')).toMatchObject({ exit: 0 });
    expect(await run('plan', 'shop', '1.1.0')).toMatchObject({ exit: 0 });
  });

  test('a freeze, an order that was skipped and a way back that was never gone each refuse it', async () => {
    await written(frozen, () => refused('FROZEN', 9, 'the last sale of the year'));
    const staging = `    after: staging
    target: { practice: {} }
    strategy: { canary: { watch: 3s } }
    gates: { every: 500ms, errors: {} }
  staging:`;
    // The environment that was there is `staging` from now on; `production` before it asks for it.
    await written(staging, async () => {
      const told = await run('plan', 'shop', '1.1.0', '--env', 'production', '--json');
      expect(JSON.parse(told.err)).toMatchObject({ code: 'ORDER_SKIPPED' });
      expect(told.exit).toBe(2);
    });
    // A service of its own: what the other tests take back counts as a rehearsal.
    const before = readFileSync(fileOf('never'), 'utf8');
    writeFileSync(fileOf('never'), before.replace('verify: 30s', 'verify: 30s, rehearsed: 30d'));
    await refused('ROLLBACK_UNREHEARSED', 2, 'but was never', 'never');
    writeFileSync(fileOf('never'), before);
  });

  test('the artifact of what runs is gone: no way back, until it is restored', async () => {
    const manifest = path.join(dev.files.services, 'releases', 'shop', `${oldVersion}.json`);
    const text = readFileSync(manifest, 'utf8');
    writeFileSync(manifest, `${text} `);
    await refused('NO_WAY_BACK', 2, 'could not be deployed once more');
    writeFileSync(manifest, text);
  });

  test('is passed over by name, with a reason that is recorded; a lock then stops no way back', async () => {
    await written(frozen, async () => {
      const wrong = await run('deploy', 'shop', '1.1.0', '--override', 'windw:because');
      expect(wrong).toMatchObject({ exit: 1, err: expect.stringContaining('Did you mean window?') });
      const other = await run('deploy', 'shop', '1.1.0', '--override', 'gate:not this one', '--json');
      expect(JSON.parse(other.err)).toMatchObject({ code: 'FROZEN' });

      // The refused one begins once more, over what stood against it and what was passed over already.
      const [stopped] = await dev.api.rollouts('shop');
      const id = stopped?.id ?? '';
      const silent = await run('override', id);
      expect(silent).toMatchObject({ exit: 1, err: expect.stringContaining('A reason is needed') });
      const begun = await run('override', id, '--reason', 'payments are down', '--json');
      expect(begun.exit).toBe(0);
      const [over] = await dev.api.rollouts('shop');
      expect(over).toMatchObject({ version: '1.1.0', of: id });
      expect((await dev.api.events(over?.id ?? ''))[0]?.texts).toEqual({
        'override.gate': 'not this one',
        'override.window': 'payments are down',
      });
      await dev.api.reaches(over?.id ?? '', 'watching', ({ state }) => state === 'watching');
      expect(await run('abort', over?.id ?? '', '--wait')).toMatchObject({ exit: 5 });

      const override = ['--override', 'window:payments are down'];
      const planned = await run('plan', 'shop', '1.1.0', ...override);
      expect(planned.exit).toBe(0);
      expect(planned.out).toContain('The check window is overridden');
      expect(planned.out).toContain('payments are down');

      expect(await run('deploy', 'shop', '1.1.0', ...override)).toMatchObject({ exit: 0 });
      const [view] = await dev.api.rollouts('shop');
      if (view === undefined) throw new Error('nothing was started');
      await dev.api.reaches(view.id, 'watching', ({ state }) => state === 'watching');
      const events = await dev.api.events(view.id);
      const asked = events.find(({ body }) => body.type === 'requested');
      expect(asked?.texts).toEqual({ 'override.window': 'payments are down' });
      const plan = events.flatMap(({ body }) => (body.type === 'planned' ? [body] : []));
      expect(plan).toMatchObject([{ runbook: { overrides: ['window'] } }]);
      expect(plan[0]?.warnings.join(' ')).toContain('the last sale of the year');

      expect(await run('lock', 'shop', '--reason', 'nobody touches it')).toMatchObject({ exit: 0 });
      expect(await run('rollback', 'shop')).toMatchObject({ exit: 0 });
      expect(await dev.api.ended(view.id)).toMatchObject({ state: 'aborted' });
      expect(await run('unlock', 'shop', '--reason', 'over')).toMatchObject({ exit: 0 });
    });
  });

  test('neither a lock nor a freeze stops the rollback of what was promoted', async () => {
    dev.files.release('shop', '1.2.0');
    expect(await run('deploy', 'shop', '1.2.0')).toMatchObject({ exit: 0 });
    const [view] = await dev.api.rollouts('shop');
    if (view === undefined) throw new Error('nothing was started');
    await dev.api.reaches(view.id, 'watching', ({ state }) => state === 'watching');
    expect(await run('promote', view.id)).toMatchObject({ exit: 0 });
    expect(await dev.api.ended(view.id)).toMatchObject({ state: 'succeeded' });
    expect(await run('lock', 'shop', '--reason', 'nobody touches it')).toMatchObject({ exit: 0 });
    await written(frozen, async () => {
      const deploy = await run('deploy', 'shop', '1.1.0', '--json');
      expect(JSON.parse(deploy.err)).toMatchObject({ code: 'SERVICE_LOCKED' });
      // A lock is somebody's word and no check: they are asked, it is not passed over.
      const [stopped] = await dev.api.rollouts('shop');
      const override = await run('override', stopped?.id ?? '', '--reason', 'I am in a hurry', '--json');
      expect(JSON.parse(override.err)).toMatchObject({
        code: 'COMMAND_REFUSED',
        message: expect.stringContaining('is no check that can be passed over'),
      });
      expect(await run('rollback', 'shop', '--wait')).toMatchObject({ exit: 0 });
      expect((await dev.api.rollouts('shop'))[0]).toMatchObject({
        kind: 'rollback',
        state: 'succeeded',
        version: oldVersion,
      });
    });
    expect(await run('unlock', 'shop', '--reason', 'over')).toMatchObject({ exit: 0 });
  });

  test('what a breach rolled back is in quarantine until somebody lifts it', async () => {
    const ill = dev.service('ill');
    await ill.under(300, async () => {
      ill.release('1.1.0', { errorRate: 0.4 });
      const { rolloutId } = await ill.deploy('1.1.0');
      expect(await ill.ends(rolloutId)).toMatchObject({ state: 'rolled-back', cause: { by: 'breach' } });

      const again = await run('deploy', 'ill', '1.1.0', '--json');
      expect(JSON.parse(again.err)).toMatchObject({ code: 'QUARANTINED' });
      expect(again.exit).toBe(2);
      const list = JSON.parse((await run('quarantine', 'list', '--json')).out) as {
        readonly quarantined: readonly { readonly digest: string }[];
      };
      expect(list.quarantined).toMatchObject([{ service: 'ill', version: '1.1.0', rolloutId }]);
      const digest = list.quarantined[0]?.digest ?? '';
      expect(await run('quarantine', 'lift', digest)).toMatchObject({ exit: 1 });
      expect(await run('quarantine', 'lift', 'sha256:00000000', '--reason', 'x')).toMatchObject({ exit: 1 });
      const lifted = await run('quarantine', 'lift', digest.slice(0, 19), '--reason', 'a broken switch');
      expect(lifted).toMatchObject({ exit: 0 });
      const said = (await dev.api.events(rolloutId)).find(({ body }) => body.type === 'quarantine-lifted');
      expect(said).toMatchObject({ actor: { id: 'operator' }, texts: { reason: 'a broken switch' } });
      expect((await run('quarantine', 'list')).out).toContain('Nothing is in quarantine.');
      expect(await run('plan', 'ill', '1.1.0')).toMatchObject({ exit: 0 });
    });
  });
});
