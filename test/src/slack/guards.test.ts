import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '../../e2e/until.ts';
import { buttonsIn } from '../../servers/slack/person.ts';
import type { Person } from '../../servers/slack/person.ts';
import { token } from '../api/world.ts';
import { sluice } from '../cli/session.ts';
import type { House } from './house.ts';
import { openHouse } from './house.ts';

let house: House;
let bo: Person;
let cy: Person;
beforeAll(async () => {
  house = await openHouse();
  bo = house.desk.person({ id: 'U0BO00001', name: 'Bo Berg', email: 'bo@example.com' });
  cy = house.desk.person({ id: 'U0CY00001', name: 'Cy <!channel>', email: 'cy@example.com' });
});
afterAll(() => house.close());
beforeEach(async () => {
  house.reset();
  for (const service of ['shop', 'till'])
    for (const environment of [null, 'staging', 'production'])
      await house.desk.world.ledger.unlock(service, environment);
});

const locks = (service: string, environment: string) =>
  house.desk.world.ledger.locks(service, environment, new Date().toISOString());

describe('/deploy lock', () => {
  test('locks one environment, and says what holds now and how it is undone', async () => {
    const { ack, text } = await bo.type('/deploy', 'lock till production for 2h the sale');
    expect(ack['response_type']).toBe('ephemeral');
    expect(text).toMatch(/^\*Locked\*: till in production, for 2 h, until <!date\^\d+\^.*Why: the sale\n/);
    expect(text).toContain('abort and rollback are never locked');
    expect(text).toContain('`/deploy unlock till in production reason …`');
    expect(await locks('till', 'production')).toMatchObject([
      { environment: 'production', reason: 'the sale', actor: { id: 'bo', via: 'slack' } },
    ]);
    expect(await locks('till', 'staging')).toEqual([]);
  });

  test('without an environment all of the service, until somebody unlocks it', async () => {
    const { text } = await bo.type('/deploy', 'lock till stocktaking');
    expect(text).toContain(
      '*Locked*: till, all its environments, until somebody unlocks it. Why: stocktaking',
    );
    expect(await locks('till', 'staging')).toMatchObject([{ environment: null, until: null }]);
    const undone = await bo.type('/deploy', 'unlock till reason done');
    expect(undone.text).toContain('*Unlocked*: till, all its environments. Deploys may begin again.');
    expect(undone.text).toContain('`/deploy lock till reason …`');
    expect(await locks('till', 'staging')).toEqual([]);
  });

  test('what still holds after an unlock is said, with who and why', async () => {
    await bo.type('/deploy', 'lock till the sale');
    await bo.type('/deploy', 'lock till production the audit');
    const one = await bo.type('/deploy', 'unlock till production over');
    expect(one.text).toContain(
      '*Unlocked*: till in production.\nStill locked: till, all its environments, by bo: the sale.',
    );
    expect(one.text).not.toContain('Deploys may begin again');
    const none = await bo.type('/deploy', 'unlock till production over');
    expect(none.text).toContain('*Not done.* till in production is not locked.');
    expect(none.text).toContain('/deploy unlock till');
  });

  test('the lock that it takes the place of is named, unless its time was over', async () => {
    const { ledger } = house.desk.world;
    const old = { service: 'till', environment: null, reason: 'the audit', at: new Date().toISOString() };
    const actor = { id: 'ana', via: 'slack', groups: [] } as const;
    await ledger.lock({ ...old, actor, until: null });
    const replaced = await bo.type('/deploy', 'lock till for 2h the sale');
    expect(replaced.text).toContain('It takes the place of a lock by ana: the audit.');
    await ledger.lock({ ...old, actor, until: '2020-01-01T00:00:00.000Z' });
    expect((await bo.type('/deploy', 'lock till the sale')).text).not.toContain('takes the place');
  });

  test('the same bytes again, after it was unlocked, lock nothing and are answered as before', async () => {
    const request = bo.command('/deploy', 'lock till the sale');
    const first = await bo.send(request);
    await bo.type('/deploy', 'unlock till done');
    expect((await bo.send(request)).text).toBe(first.text);
    expect(await locks('till', 'production')).toEqual([]);
    expect(house.desk.calls.map(({ call }) => call)).toEqual(['lock', 'unlock']);
  });

  test('a name with a slip is neither taken for an environment nor for a reason: both are offered', async () => {
    const slip = await bo.type('/deploy', 'lock till prodution the sale');
    expect(slip.text).toContain('till has no environment "prodution"');
    expect(house.desk.calls).toEqual([]);
    const blocks = slip.ack['blocks'] as readonly unknown[];
    expect(buttonsIn(blocks).map(({ value }) => value)).toEqual([
      '/deploy lock till in production reason the sale',
      '/deploy lock till reason prodution the sale',
    ]);
    const meant = await bo.send(bo.click(blocks, 'sluice-typed-0'));
    const told = await until('the answer has come', () => meant.replies()[0]);
    expect(told.text).toContain('*Locked*: till in production');
  });

  test.each([
    ['lock till for 900ms the sale', 'holds for a second at least'],
    [`lock till ${'x'.repeat(2001)}`, 'A reason is needed, of at most 2,000 characters'],
    ['lock', 'The service is missing.'],
    ['lock till', 'The reason is missing'],
    ['lock tll the sale', 'Did you mean till?'],
  ])('%.40s: %s', async (text, why) => {
    const sent = await bo.type('/deploy', text);
    expect(sent.text).toContain('*Not done.*');
    expect(sent.text).toContain(why);
    expect(await locks('till', 'production')).toEqual([]);
  });
});

describe('who may', () => {
  test('by grants of access.yml, place by place; others are told who, and it is noted', async () => {
    const { ana } = house.desk;
    expect((await ana.type('/deploy', 'lock till production the sale')).text).toContain('*Locked*');
    // A grant of one environment is none of all of them.
    for (const [person, text, id] of [
      [ana, 'lock till the sale', 'ana'],
      [ana, 'lock shop production the sale', 'ana'],
      [ana, 'unlock till staging over', 'ana'],
      [cy, 'lock till production xyzzy', 'slack:U0CY00001'],
    ] as const) {
      house.desk.world.log.length = 0;
      const { ack, text: told } = await person.type('/deploy', text);
      expect(ack['response_type']).toBe('ephemeral');
      expect(told).toMatch(/^\*Not done\.\* .* may not lock or unlock (?:till|shop): only on-call/);
      expect(told).toContain('access.yml');
      const noted = house.desk.world.log.filter((line) => line.includes('NOT_AUTHORISED')).join('');
      expect(noted).toContain(`"actor":"${id}"`);
      expect(noted).not.toContain('xyzzy');
    }
    expect(await locks('till', 'staging')).toEqual([]);
  });

  test('people are called by name, never by id; a hostile name pings nobody', async () => {
    const refused = await cy.type('/deploy', 'lock till the sale');
    expect(refused.text).toContain('Cy &lt;!channel&gt; may not lock or unlock till');
    expect(refused.text).not.toContain('U0CY00001');
  });

  test('help says what this person may, and where', async () => {
    const help = (person: Person, of = '') => person.type('/deploy', `help ${of}`).then(({ text }) => text);
    const anas = await help(house.desk.ana);
    expect(anas).toContain('`/deploy lock SERVICE');
    expect(anas).toMatch(/• shop \(production\): deploy, abort(?:\n|$)/);
    // Where there is most to say comes first.
    expect(anas.indexOf('• till')).toBeLessThan(anas.indexOf('• shop'));
    expect(anas).toContain('• till (staging): deploy, abort; (production): deploy, hold, abort');
    expect(anas).toContain('*Not yours here*: go back');
    expect(anas).not.toContain('Checks that can be overridden');

    const bos = await help(bo);
    expect(bos).toContain('• till (staging, production): deploy, hold, abort, override');
    expect(bos).toContain('• shop (production): deploy, hold, abort, override, approve');
    expect(bos).toContain('Checks that can be overridden: artifact, order,');

    const ofOne = await help(bo, 'till');
    expect(ofOne).toContain('• till');
    expect(ofOne).not.toContain('• shop');
    expect(await help(bo, 'me')).toBe(bos);

    const cys = await help(cy);
    expect(cys).toContain('• till (staging, production): abort');
    expect(cys).toContain('*Not yours here*: start a rollout; ');
    expect(cys).not.toContain('`/deploy lock');
    expect(cys).toContain('`NAME: { slack: U0CY00001 }`');
  });
});

test('a terminal says it in the same words, and it comes to the same', async () => {
  const { world, url } = house.desk;
  const env = { SLUICE_URL: new URL(url).origin, SLUICE_TOKEN: token };
  const ended: string[] = [];
  const said = async (say: () => Promise<unknown>) => {
    house.desk.calls.length = 0;
    await say();
    const [call] = house.desk.calls;
    const { actor: _who, key: _key, ...asked } = call?.with ?? {};
    return { call: call?.call, asked };
  };
  const place = ['--env', 'production', '--reason', 'the sale'];
  for (const argv of [
    ['lock', 'till', ...place, '--for', '2h'],
    ['lock', 'till', '--reason', 'the sale'],
    ['unlock', 'till', ...place],
    ['deploy', 'till', '2.1.0', ...place, '--override', 'window:payments are down', '--hotfix', 'INC-7'],
  ]) {
    const line = argv.map((word) => word.replace(/^([a-z]+:)?(.* .*)$/, '$1"$2"')).join(' ');
    const terminal = await said(async () => ended.push((await sluice(env, ...argv)).out));
    const slack = await said(() => bo.type('/deploy', line.replace(/^deploy /, '')));
    expect(terminal.call).toBe(argv[0]);
    expect(slack).toEqual(terminal);
  }
  expect(ended.slice(0, 3)).toEqual([
    expect.stringMatching(
      /^✓ till in production is locked until .*\n {2}to undo it: sluice unlock till --env production /,
    ),
    expect.stringContaining('to undo it: sluice unlock till --reason'),
    expect.stringContaining(
      '✓ till in production is unlocked\n  to undo it: sluice lock till --env production',
    ),
  ]);
  expect(world.log.filter((line) => line.includes('"locked"'))).not.toEqual([]);
});
