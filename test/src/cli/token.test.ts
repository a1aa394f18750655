import { expect, test } from '@jest/globals';
import { parseAccessFile } from '../../../src/access/read.ts';
import { actorOfToken } from '../../../src/access/identify.ts';
import { sluice } from './session.ts';

const nowhere = { SLUICE_HOME: '/nowhere' };

test('a token is shown once, and the row beside it makes it count', async () => {
  const { exit, out, err } = await sluice(nowhere, 'token', 'create', 'nightly', '--for', '30d');
  expect(exit).toBe(0);
  const token = /^sluice_[\w-]{43}\n$/.test(out) ? out.trim() : 'none';
  expect(err).not.toContain(token);
  const row = /^ {2}nightly: .*$/m.exec(err)?.[0] ?? '';
  const file = parseAccessFile(`apiVersion: sluice/v1\ntokens:\n${row}\n`, 'access.yml');
  expect(actorOfToken({ file, broken: null }, token, Date.now())).toEqual({
    actor: { id: 'token:nightly', via: 'token', groups: [] },
  });
  const month = Date.now() + 32 * 24 * 3_600_000;
  expect(actorOfToken({ file, broken: null }, token, month)).toHaveProperty('refusal');
});

test.each([
  [['create', 'Nightly']],
  [['create', 'nightly', '--for', '10m']],
  [['create', 'nightly', '--for', '800d']],
  [['revoke', 'nightly']],
])('token %j is refused with how it goes', async (words) => {
  const { exit, out, err } = await sluice(nowhere, 'token', ...words);
  expect([exit, out]).toEqual([1, '']);
  expect(err.trim().split('\n').length).toBeGreaterThan(1);
});
