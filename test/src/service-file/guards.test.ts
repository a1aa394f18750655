import { expect, test } from '@jest/globals';
import { changed, said } from './make.ts';

const inEnvironment = 'environments.production';
const freeze = (window: string): string => `    freeze: { windows: [${window}] }\n    target:`;

test.each([
  ['{ cron: 0 16 * * FRI, for: 64h, zone: Europe/Berlin, reason: weekend }', null],
  ['{ cron: 0 25 * * *, for: 64h, reason: x }', '.freeze.windows[0].cron is no cron line'],
  ['{ cron: 0 0 31 2 *, for: 64h, reason: x }', '.freeze.windows[0].cron is no cron line'],
  ['{ cron: 0 16 * *, for: 64h, reason: x }', '.freeze.windows[0].cron must be five fields'],
  ['{ cron: 0 16 * * FRI, for: 1s, reason: x }', '.freeze.windows[0].for must be a duration'],
  ['{ cron: 0 16 * * FRI, for: 1h, zone: Europe/Berlim, reason: x }', '.zone must be a time zone'],
  ['{ cron: 0 16 * * FRI, for: 1h }', '.freeze.windows[0].reason is missing'],
])('a freeze of %s', (window, refusal) => {
  const told = said(changed('    target:', freeze(window)));
  if (refusal === null) expect(told).toEqual([]);
  else expect(told.join('\n')).toContain(refusal);
});

test('an order that leads nowhere or round is refused with its place', () => {
  const told = said(changed('    target:', '    after: stagin\n    target:'));
  expect(told.join('\n')).toContain(`${inEnvironment}.after names no environment of this file`);
  const round = said(changed('    target:', '    after: production\n    target:'));
  expect(round.join('\n')).toContain(`${inEnvironment}.after leads back to this environment`);
});
