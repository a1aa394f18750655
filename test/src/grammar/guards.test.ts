import { describe, expect, test } from '@jest/globals';
import { readCommand } from '../../../src/grammar/read.ts';
import type { GuardWords } from '../../../src/grammar/requests.ts';
import { resolve, resolveGuard } from '../../../src/grammar/resolve.ts';
import { write } from '../../../src/grammar/write.ts';

const known = [
  { service: 'shop', environments: ['staging', 'production'] },
  { service: 'cart', environments: ['production'] },
];

const guard = (changes: Partial<GuardWords> = {}): GuardWords => ({
  ...{ ask: 'lock', service: 'shop', environment: null, lasts: null, reason: 'the sale', loose: false },
  ...changes,
});

/** What the text comes to where the names are known. */
const understood = (text: string) => {
  const read = readCommand('/deploy', text);
  return 'misread' in read ? read : resolve(read.request, known);
};

const production = { environment: 'production' } as const;

test.each<readonly [string, GuardWords]>([
  ['lock shop the sale', guard()],
  ['LOCK shop reason the sale', guard()],
  ['lock shop because “the sale”', guard()],
  ['lock shop sale', guard({ reason: 'sale' })],
  ['lock shop "the sale"', guard()],
  ['lock shop production the sale', guard(production)],
  ['lock shop production because the sale', guard(production)],
  ['lock shop in production the sale', guard(production)],
  // As a terminal has it.
  ['lock shop —env production --for 2h --reason "the sale"', guard({ ...production, lasts: '2h' })],
  ['lock shop --reason "the sale" --for=2h --env=production', guard({ ...production, lasts: '2h' })],
  ['lock shop production for 2h the sale', guard({ ...production, lasts: '2h' })],
  ['lock shop for 30m the sale', guard({ lasts: '30m' })],
  // Words of ours within a reason are words.
  [
    'lock shop production work in progress for bob',
    guard({ ...production, reason: 'work in progress for bob' }),
  ],
  ['lock shop waiting for bob to come', guard({ reason: 'waiting for bob to come' })],
  ['lock shop to keep it still', guard({ reason: 'to keep it still' })],
  ['lock shop reason production for 2h', guard({ reason: 'production for 2h' })],
  ['unlock shop production it is over', guard({ ask: 'unlock', ...production, reason: 'it is over' })],
  ['unlock cart done', guard({ ask: 'unlock', service: 'cart', reason: 'done' })],
])('%s', (text, request) => {
  expect(understood(text)).toEqual({ request });
});

test.each<readonly [string, string, readonly string[]]>([
  ['lock', 'The service is missing.', []],
  ['lock shop', 'The reason is missing: it is what others are shown.', []],
  ['lock shop production', 'The reason is missing: it is what others are shown.', []],
  ['lock shop production for 2h', 'The reason is missing: it is what others are shown.', []],
  ['lock shop reason', 'There is no reason after "reason".', ['lock shop reason reason']],
  ['lock shop --for ages sale', '"ages" is no duration: it is given as 30m or 2h.', []],
  ['unlock shop for 2h done', 'An unlock takes no duration.', []],
  // One environment and all of them are not the same: what is like a name is not taken for a reason.
  [
    'lock shop prodution the sale',
    'shop has no environment "prodution". It has: staging, production.',
    ['lock shop in production reason the sale', 'lock shop reason prodution the sale'],
  ],
  ['lock shop in moon reason the sale', 'shop has no environment "moon". It has: staging, production.', []],
  ['lock shop work in progress', 'The environment is said twice.', ['lock shop reason work in progress']],
  ['lock shpo the sale', 'There is no service "shpo". Did you mean shop?', ['lock shop reason the sale']],
])('%s: %s', (text, message, meant) => {
  expect(understood(text)).toMatchObject({ misread: { message, meant } });
});

test('what is offered is understood', () => {
  const read = resolveGuard(guard({ environment: 'prodution', loose: true }), known);
  if (!('misread' in read)) throw new Error('it was understood');
  expect(read.misread.meant.map(understood)).toEqual([
    { request: guard(production) },
    { request: guard({ reason: 'prodution the sale' }) },
  ]);
});

describe('overrides', () => {
  const deploy = { ask: 'deploy', service: 'shop', version: '2.1.0', environment: null, reason: null };
  const window = { check: 'window', reason: 'payments are down' };
  const gate = { check: 'gate', reason: 'no metrics yet' };

  test.each<readonly [string, unknown]>([
    ['override window because payments are down', { ...deploy, overrides: [window] }],
    ['override window reason payments are down', { ...deploy, overrides: [window] }],
    ['override window: payments are down', { ...deploy, overrides: [window] }],
    ['—override window:“payments are down”', { ...deploy, overrides: [window] }],
    [
      '--override=window:"payments are down" --reason "faster" --env staging',
      { ...deploy, overrides: [window], reason: 'faster', environment: 'staging' },
    ],
    [
      'to staging override window because payments are down override gate because no metrics yet',
      { ...deploy, overrides: [window, gate], environment: 'staging' },
    ],
    [
      'reason faster override window because payments are down',
      { ...deploy, overrides: [window], reason: 'faster' },
    ],
    ['reason we override nobody', { ...deploy, reason: 'we override nobody' }],
    ['hotfix INC-7 reason it burns', { ...deploy, hotfix: 'INC-7', reason: 'it burns' }],
  ])('shop 2.1.0 %s', (text, request) => {
    expect(readCommand('/deploy', `shop 2.1.0 ${text}`)).toEqual({ request });
  });

  test.each<readonly [string, string, readonly string[]]>([
    ['override', 'Nothing follows "override".', []],
    ['override window', 'An override of window needs a reason, which is recorded.', []],
    // Where the reason begins would be a guess.
    ['override window to staging', 'An override of window needs a reason, which is recorded.', []],
    [
      'override windw because x',
      'There is no check "windw". Did you mean window?',
      ['shop 2.1.0 override window because x'],
    ],
    ['override everything because x', 'There is no check "everything".', []],
    ['override gate because x override gate because y', 'gate is overridden twice.', []],
  ])('shop 2.1.0 %s: %s', (text, message, meant) => {
    const read = readCommand('/deploy', `shop 2.1.0 ${text}`);
    if (!('misread' in read)) throw new Error('it was understood');
    expect(read.misread.message).toContain(message);
    expect(read.misread.meant).toEqual(meant);
  });

  test('of a plan are the same, and a rollback has none: no check stands in its way', () => {
    expect(readCommand('/deploy', 'plan shop 2.1.0 override window because payments are down')).toEqual({
      request: { ask: 'plan', service: 'shop', version: '2.1.0', environment: null, overrides: [window] },
    });
    expect(readCommand('/rollback', 'shop production override window because x')).toMatchObject({
      misread: { message: 'It is not clear what "override" is.' },
    });
  });

  test('a reason that speaks of an override is put into quotes', () => {
    const said = { ...deploy, ask: 'deploy', reason: 'no override gate' } as const;
    expect(write({ ...said, overrides: [{ check: 'gate', reason: 'x' }] })).toBe(
      'shop 2.1.0 reason "no override gate" override gate because x',
    );
  });
});

test('a word of ours with a slip in it is offered, also where it was taken for a service', () => {
  const read = resolve(
    { ask: 'deploy', service: 'statsu', version: 'shop', environment: null, reason: null },
    known,
  );
  expect(read).toMatchObject({
    misread: { message: 'There is no service "statsu". Did you mean status?', meant: ['status shop'] },
  });
});
