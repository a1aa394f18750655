import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import { SluiceError } from '../../../runbooks/errors.ts';
import type { Runbook } from '../../../runbooks/runbook.ts';
import { breach, samplesOf, Story } from '../api/story.ts';
import type { World } from '../api/world.ts';
import { listen, openWorld, token } from '../api/world.ts';
import { sluice } from './session.ts';

let world: World;
let env: Record<string, string>;
beforeAll(async () => {
  world = await openWorld();
  env = { SLUICE_URL: await listen(world.api()), SLUICE_TOKEN: token };
});
afterAll(() => world.close());

const rolledBack = async (service: string): Promise<Story> => {
  const story = new Story('2.2.0', { id: uuidv7(), service });
  story
    .planned()
    .stepsUpTo(4)
    .watching(4)
    .after(14)
    .verdict(4, breach)
    .said('abort', null, 'Can not abort: it goes back.', 'quick')
    .goesBack('breach', breach.sentence)
    .note({ type: 'traffic-back', afterMs: 412 })
    .after(2)
    .note({ type: 'verified', recovered: true, sentence: '2.0.4 is well' })
    .note({ type: 'closed', state: 'rolled-back', sentence: breach.sentence });
  await world.tell(story);
  for (const { t, sample, record } of samplesOf(14, { canary: 0.031, baseline: 0.003 })) {
    await world.ledger.addSample(story.id, 0, t, sample, record);
  }
  return story;
};

/** What differs from run to run. */
const steady = (text: string, story: Story): string =>
  text.replaceAll(story.id, 'THE-ID').replaceAll(story.id.slice(0, 13), 'SHORT-ID     ');

describe('status', () => {
  test('of a rollout: one picture, by id, by its beginning, and by service', async () => {
    const story = await rolledBack('pictured');
    const byId = await sluice(env, 'status', story.id);
    expect(byId.exit).toBe(0);
    expect(steady(byId.out, story)).toMatchSnapshot();
    expect((await sluice(env, 'status', 'pictured')).out).toBe(byId.out);
    const json = await sluice(env, 'status', 'pictured', '--json');
    expect(JSON.parse(json.out)).toEqual(await world.ledger.rollout(story.id));
  });

  test('of everything: a line per service and environment', async () => {
    const story = new Story('2.2.0', { id: uuidv7(), service: 'boarded', at: Date.now() - 3_600_000 });
    await world.tell(story.planned().stepsUpTo(4).watching(4));
    const good = new Story('2.0.4', {
      id: uuidv7(),
      service: 'settled',
      from: '2.0.3',
      at: Date.now() - 7_200_500,
    });
    good.planned().note({
      type: 'promoted',
      service: 'settled',
      environment: 'production',
      release: good.runbook.to,
      by: 'rollout',
    });
    await world.tell(good.note({ type: 'closed', state: 'succeeded', sentence: 'It has all traffic.' }));
    const { exit, out } = await sluice(env, 'status');
    expect(exit).toBe(0);
    const line = (service: string) => out.split('\n').find((each) => each.startsWith(service)) ?? '';
    expect(out.split('\n')[0]).toMatch(/^SERVICE +ENVIRONMENT +RUNS +SINCE +ROLLOUT$/);
    expect(line('settled')).toMatch(/^settled +production +2\.0\.4 +2 h ago +–$/);
    expect(line('boarded')).toMatch(/^boarded +production +– not adopted +→ 2\.2\.0 watching at 10 %/);
    const { services } = JSON.parse((await sluice(env, 'status', '--json')).out) as { services: unknown[] };
    expect(services.length).toBeGreaterThanOrEqual(2);
  });

  test('of a service without rollouts: its line; of nothing: what was probably meant', async () => {
    const known = await sluice(env, 'status', 'shop');
    expect(known.exit).toBe(0);
    expect(known.out).toMatch(/shop +production +– not adopted/);
    const typo = await sluice(env, 'status', 'shpo');
    expect(typo).toMatchObject({ exit: 1, out: '' });
    expect(typo.err).toContain('Did you mean shop?');
    const nothing = await sluice(env, 'status', '--watch');
    expect(nothing.exit).toBe(1);
    expect(nothing.err).toContain('sluice status SERVICE --watch');
  });
});

test('history: outcomes, how long they took, which release is good', async () => {
  const story = await rolledBack('remembered');
  const good = new Story('2.0.4', {
    id: uuidv7(),
    service: 'remembered',
    from: '2.0.3',
    at: story.now - 86_400_000,
  });
  good.planned().note({
    type: 'promoted',
    service: 'remembered',
    environment: 'production',
    release: good.runbook.to,
    by: 'rollout',
  });
  await world.tell(good.note({ type: 'closed', state: 'succeeded', sentence: 'It has all traffic.' }));
  const { exit, out } = await sluice(env, 'history', 'remembered');
  expect(exit).toBe(0);
  const lines = out.trimEnd().split('\n');
  expect(lines).toHaveLength(3);
  expect(lines[1]).toMatch(
    /^ {3}2025-03-04 14:02 {2}2\.0\.4 → 2\.2\.0 {2}rolled back +17\.6 s {2}operator {2}[0-9a-f]{8}-[0-9a-f]{4}$/,
  );
  expect(lines[2]).toMatch(/^✓ {2}2025-03-03 14:02 {2}2\.0\.3 → 2\.0\.4 {2}succeeded +0 s/);
  const json = JSON.parse((await sluice(env, 'history', 'remembered', '--json')).out) as Record<
    string,
    unknown[]
  >;
  expect([json['rollouts']?.length, json['releases']?.length]).toEqual([2, 1]);
  const none = await sluice(env, 'history', 'shop');
  expect(none).toMatchObject({ exit: 0, out: 'shop has had no rollout yet.\n' });
  const unknown = await sluice(env, 'history', 'shoop');
  expect(unknown.exit).toBe(2);
  expect(unknown.err).toContain('Did you mean "shop"?');
});

test('why: cause, verdict with its counts, limit and times, who said what, and a plot', async () => {
  const story = await rolledBack('explained');
  const { exit, out } = await sluice(env, 'why', 'explained');
  expect(exit).toBe(0);
  expect(steady(out, story)).toMatchSnapshot();
  const json = JSON.parse((await sluice(env, 'why', 'explained', '--json')).out) as Record<string, unknown>;
  expect(json).toMatchObject({ id: story.id, limit: 0.01, cause: { by: 'breach' }, state: 'rolled-back' });
  expect(json['points']).toHaveLength(15);
});

describe('plan', () => {
  const runbook: Runbook = new Story('2.2.0').runbook;

  const sentence =
    'At 5 requests per second a 10 % canary gets about 450 requests in 15 minutes. That shows a rise from 0.3 % to about 2.8 % or more (4 times in 5); a rise by 1 point stays unseen. To exclude +1 point: about 44 minutes, or about 10 minutes at 50 %.';
  const outlook = { known: false, sentence } as const;

  test('steps with what undoes each, the gate, the way back, warnings', async () => {
    world.script.plan = async () => ({
      ok: true,
      runbook,
      hash: '9f3c1a2b'.padEnd(64, '0'),
      epoch: 1,
      warnings: ['Only 1 of 2 instances of 2.0.4 are ready.'],
      outlook,
      keep: null,
    });
    const { exit, out, err } = await sluice(env, 'plan', 'shop', '2.2.0');
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    expect(out).toMatchSnapshot();
    expect(JSON.parse((await sluice(env, 'plan', 'shop', '2.2.0', '--json')).out)).toMatchObject({
      ok: true,
      runbook,
      outlook,
    });
  });

  test('every refusal, exit 2, nothing on standard output', async () => {
    world.script.plan = async () => ({
      ok: false,
      problems: [
        { code: 'VERSION_MUTABLE', message: '"latest" is a tag that moves.', hint: 'Give a version.' },
        { code: 'NO_WAY_BACK', message: 'No good release is known.' },
      ],
    });
    const { exit, out, err } = await sluice(env, 'plan', 'shop', 'latest');
    expect({ exit, out }).toEqual({ exit: 2, out: '' });
    expect(err).toBe(
      [
        '✗ 2 problems',
        '  ✗ "latest" is a tag that moves.',
        '    Give a version.',
        '    (VERSION_MUTABLE)',
        '  ✗ No good release is known.',
        '    (NO_WAY_BACK)',
        '',
      ].join('\n'),
    );
    const json = await sluice(env, 'plan', 'shop', 'latest', '--json');
    expect(JSON.parse(json.err)).toEqual({
      code: 'VERSION_MUTABLE',
      message: '"latest" is a tag that moves. No good release is known.',
      hint: 'Give a version.',
    });
  });
});

test('playbook: the page as it is; of a version with --version', async () => {
  world.script.playbook = async ({ version, environment }) =>
    `# ${version ?? 'last'} ${environment ?? 'any'}\n`;
  expect(await sluice(env, 'playbook', 'shop')).toEqual({ exit: 0, out: '# last any\n', err: '' });
  const other = await sluice(env, 'playbook', 'shop', '--version', '2.1.0', '--env', 'production');
  expect(other.out).toBe('# 2.1.0 production\n');
});

test('adopt says what it recorded; its refusal ends with the exit code of the table', async () => {
  world.script.adopt = async () => ({
    ...{ version: '2.0.4', digest: 'sha256:0', service: 'shop', environment: 'production' },
    ...{
      state: 'good',
      by: 'adopt',
      promotedAt: '2026-01-01T00:00:00.000Z',
      retiredAt: null,
      rolloutId: 'r',
    },
  });
  const { exit, out } = await sluice(env, 'adopt', 'shop');
  expect({ exit, out }).toEqual({
    exit: 0,
    out: '✓ shop 2.0.4 is the good release of production\n  sha256:0\n',
  });
  world.script.adopt = async () => {
    throw new SluiceError({ code: 'NOTHING_RUNS', message: 'No version has traffic.' });
  };
  expect(await sluice(env, 'adopt', 'shop')).toEqual({
    exit: 2,
    out: '',
    err: '✗ No version has traffic.\n  (NOTHING_RUNS)\n',
  });
});

describe('audit', () => {
  test('a whole chain', async () => {
    const { exit, out } = await sluice(env, 'audit', 'verify');
    expect(exit).toBe(0);
    expect(out).toMatch(/^✓ the chain is whole: [\d,]+ events\n {2}its end is [0-9a-f]{64}\n$/);
  });

  test('a broken one: exit 1, where, and what to do; an unknown kind is a usage error', async () => {
    const ledger = {
      ...world.ledger,
      verifyChain: async () => ({ ok: false as const, events: 11, position: 12, why: 'its hash is another' }),
    };
    const own = { ...env, SLUICE_URL: await listen(world.api({ ledger })) };
    const { exit, out, err } = await sluice(own, 'audit');
    expect({ exit, out }).toEqual({ exit: 1, out: '' });
    expect(err).toContain('The chain breaks at event 12: its hash is another.');
    const json = await sluice(own, 'audit', '--json');
    expect(json.exit).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({ ok: false, position: 12 });
    expect((await sluice(own, 'audit', 'export')).exit).toBe(1);
  });
});

test('doctor: each check, what to mend, exit 1 where something is not well', async () => {
  const well = await sluice(env, 'doctor');
  expect(well.exit).toBe(0);
  expect(well.out).toBe('✓ daemon  answers\n✓ ledger  answers\n');
  const checks = [{ name: 'temporal', ok: false, says: 'does not answer', mend: 'Start it.' }];
  const own = {
    ...env,
    SLUICE_URL: await listen(world.api({ doctor: async () => ({ ok: false, checks }) })),
  };
  const ill = await sluice(own, 'doctor');
  expect(ill.exit).toBe(1);
  expect(ill.out).toBe('✓ daemon    answers\n✗ temporal  does not answer\n            Start it.\n');
});
