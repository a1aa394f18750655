import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkNames } from '../../../runbooks/checks/check.ts';
import { normalise } from '../../../src/grammar/normalise.ts';
import type { SlashCommand } from '../../../src/grammar/usage.ts';
import { readCommand } from '../../../src/grammar/read.ts';
import type { WordedRequest } from '../../../src/grammar/requests.ts';
import { resolve } from '../../../src/grammar/resolve.ts';
import { askWords } from '../../../src/grammar/usage.ts';
import { write } from '../../../src/grammar/write.ts';

const deploy = (changes: Partial<Extract<WordedRequest, { ask: 'deploy' }>> = {}): WordedRequest => ({
  ...{ ask: 'deploy', service: 'shop', version: '2.1.0', environment: null, reason: null },
  ...changes,
});
const rollback = (changes: Partial<Extract<WordedRequest, { ask: 'rollback' }>> = {}): WordedRequest => ({
  ...{ ask: 'rollback', service: 'shop', environment: null, to: null, reason: null },
  ...changes,
});

const understood: readonly (readonly [SlashCommand, string, WordedRequest])[] = [
  ['/deploy', '', { ask: 'form' }],
  ['/deploy', ' \u00a0\u200b ', { ask: 'form' }],
  ['/deploy', 'shop 2.1.0', deploy()],
  ['/deploy', 'shop\u00a02.1.0 \u202f to\u2003production', deploy({ environment: 'production' })],
  ['/deploy', 'shop 2.1.0 —env production', deploy({ environment: 'production' })],
  ['/deploy', 'shop 2.1.0 --env=production', deploy({ environment: 'production' })],
  [
    '/deploy',
    'shop 2.1.0 in staging because it is late',
    deploy({ environment: 'staging', reason: 'it is late' }),
  ],
  ['/deploy', 'shop 2.1.0–rc.1', deploy({ version: '2.1.0-rc.1' })],
  ['/deploy', 'shop 2.1.0 reason “fixes ‘cart’ – again”', deploy({ reason: `fixes 'cart' - again` })],
  ['/deploy', 'shop 2.1.0 reason to production it goes', deploy({ reason: 'to production it goes' })],
  ['/deploy', '<http://shop.io|shop.io> 2.1.0', deploy({ service: 'shop.io' })],
  ['/deploy', 'shop <https://2.1.0>', deploy()],
  ['/deploy', 'shop 2.1.0 reason ask <@U012|ana> &amp; <!channel>', deploy({ reason: 'ask @ana & channel' })],
  [
    '/deploy',
    'plan shop 2.1.0 to staging',
    { ask: 'plan', service: 'shop', version: '2.1.0', environment: 'staging' },
  ],
  ['/deploy', 'STATUS', { ask: 'status', what: null }],
  ['/deploy', 'status shop', { ask: 'status', what: 'shop' }],
  ['/deploy', 'why 019a2b3c', { ask: 'why', what: '019a2b3c' }],
  ['/deploy', 'history shop production', { ask: 'history', service: 'shop', environment: 'production' }],
  ['/deploy', 'history shop in production', { ask: 'history', service: 'shop', environment: 'production' }],
  ['/deploy', 'help', { ask: 'help', what: null }],
  ['/deploy', 'help shop please', { ask: 'help', what: 'shop' }],
  ['/rollback', 'help', { ask: 'help', what: null }],
  ['/rollback', 'shop', rollback()],
  ['/rollback', 'shop production to 2.0.4', rollback({ environment: 'production', to: '2.0.4' })],
  [
    '/rollback',
    'shop to 2.0.4 in production reason bad',
    rollback({ environment: 'production', to: '2.0.4', reason: 'bad' }),
  ],
];

test.each(understood)('%s %s', (command, text, request) => {
  expect(readCommand(command, text)).toEqual({ request });
});

const misread: readonly (readonly [SlashCommand, string, string, readonly string[]])[] = [
  ['/deploy', 'shop', 'The version of shop is missing.', []],
  ['/deploy', 'statsu', 'The version of statsu is missing. Did you mean status?', ['status']],
  [
    '/deploy',
    'lokc shop production the sale',
    'It is not clear what "production" is.',
    ['lock shop production the sale'],
  ],
  ['/deploy', 'plan', 'The service is missing.', []],
  ['/deploy', 'shop 2.1.0 production', 'It is not clear what "production" is.', []],
  ['/deploy', 'shop 2.1.0 resaon late', 'It is not clear what "resaon" is.', ['shop 2.1.0 reason late']],
  [
    '/deploy',
    'plan shop 2.1.0 --evn staging',
    'It is not clear what "--evn" is.',
    ['plan shop 2.1.0 --env staging'],
  ],
  ['/deploy', 'shop 2.1.0 to', 'Nothing follows "to".', []],
  ['/deploy', 'shop 2.1.0 to a to b', '"to" is said twice.', []],
  ['/deploy', 'shop 2.1.0 to a in b', 'The environment is said twice.', []],
  ['/deploy', 'shop 2.1.0 reason', 'There is no reason after "reason".', []],
  ['/deploy', 'plan shop 2.1.0 reason why', 'A plan runs nothing and takes no reason.', []],
  ['/deploy', 'why', 'The service is missing.', []],
  ['/deploy', 'status shop in production', 'status takes no more than: status [SERVICE or ID].', []],
  ['/rollback', '', 'The service is missing.', []],
  ['/rollback', 'shop a b', 'It is not clear what "b" is.', []],
];

test.each(misread)('%s %s: %s', (command, text, message, meant) => {
  expect(readCommand(command, text)).toMatchObject({ misread: { message, meant } });
});

describe('names', () => {
  const known = [
    { service: 'shop', environments: ['staging', 'production'] },
    { service: 'cart', environments: ['production'] },
  ];

  test('an unknown one is refused with the text that was meant', () => {
    expect(resolve(deploy({ service: 'shpo', environment: 'staging' }), known)).toEqual({
      misread: {
        message: 'There is no service "shpo". Did you mean shop?',
        usage: '',
        meant: ['shop 2.1.0 to staging'],
      },
    });
    expect(resolve(rollback({ environment: 'prodution', reason: 'bad' }), known)).toMatchObject({
      misread: { meant: ['shop in production reason bad'] },
    });
  });

  test('production is never guessed, the only environment is taken', () => {
    expect(resolve(deploy(), known)).toMatchObject({
      misread: { meant: ['shop 2.1.0 to staging', 'shop 2.1.0 to production'] },
    });
    const cart = deploy({ service: 'cart' });
    expect(resolve(cart, known)).toEqual({ request: { ...cart, environment: 'production' } });
  });
});

const name = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?$/);
const version = fc.stringMatching(/^[0-9][0-9A-Za-z._+-]{0,20}$/);
const reason = fc
  .string({ unit: 'binary', maxLength: 60 })
  .map(normalise)
  .filter((text) => text !== '' && !/["']/.test(text) && normalise(text) === text);
const keyword = new Set<string>([
  ...askWords,
  ...['to', 'in', 'env', 'for', 'reason', 'because', 'hotfix', 'override'],
]);
const service = name.filter((text) => !keyword.has(text));

const overrides = fc.uniqueArray(fc.record({ check: fc.constantFrom(...checkNames), reason }), {
  selector: ({ check }) => check,
  minLength: 1,
});

test('what is written is read again as it was meant, also after a chat program had its way with it', () => {
  const garbled = fc.constantFrom(
    (text: string) => text,
    (text: string) => text.replaceAll(' ', '\u00a0'),
    (text: string) => ` ${text.replaceAll(' ', '  ')}\n`,
    (text: string) => text.replaceAll('-', '–'),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.record(
          {
            ask: fc.constant('deploy' as const),
            service,
            version,
            environment: fc.option(service),
            reason: fc.option(reason),
            hotfix: service,
            overrides,
          },
          { requiredKeys: ['ask', 'service', 'version', 'environment', 'reason'] },
        ),
        fc.record({
          ask: fc.constant('rollback' as const),
          service,
          environment: fc.option(service),
          to: fc.option(version),
          reason: fc.option(reason),
        }),
        fc.record({ ask: fc.constant('plan' as const), service, version, environment: fc.option(service) }),
        fc
          .record({
            ask: fc.constantFrom('lock' as const, 'unlock' as const),
            service,
            environment: fc.option(service),
            lasts: fc.option(fc.constantFrom('2h', '30m', '1.5d')),
            reason,
          })
          .map((guard) => ({ ...guard, lasts: guard.ask === 'unlock' ? null : guard.lasts, loose: false })),
      ),
      garbled,
      (request, garble) => {
        const command = request.ask === 'rollback' ? '/rollback' : '/deploy';
        expect(readCommand(command, garble(write(request)))).toEqual({ request });
      },
    ),
  );
});

test('any text is a request with its names, or a refusal that says something', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('/deploy' as const, '/rollback' as const),
      fc.string({ unit: 'binary', maxLength: 300 }),
      (command, text) => {
        const read = readCommand(command, text);
        if ('misread' in read) expect(read.misread.message).not.toBe('');
        else if ('service' in read.request) expect(read.request.service).not.toBe('');
      },
    ),
  );
});
