import { expect, test } from '@jest/globals';
import { allowsSecret, isPathWithin } from '../../../runbooks/organisation/allowed-block.ts';

test.each([
  ['env:REGISTRY_TOKEN', 'env:REGISTRY_TOKEN', true],
  ['env:REGISTRY_TOKEN', 'env:REGISTRY_TOKEN2', false],
  ['env:SHOP_*', 'env:SHOP_DB', true],
  ['env:SHOP_*', 'env:SHOPPING', false],
  ['env:{SERVICE}_*', 'env:SHOP_API_DB', true],
  ['env:{SERVICE}_*', 'env:SHOP_DB', false],
  ['file:/run/secrets/', 'file:/run/secrets/db', true],
  ['file:/run/secrets/', 'file:/run/secrets', false],
  ['file:/run/secrets/', 'file:/run/secrets-of-others/db', false],
  ['file:/run/secrets/', 'file:/run/secrets/../../etc/shadow', false],
  ['file:/run/secrets/', 'file:/run/x/../secrets/db', true],
  ['file:/run/secrets/', 'file:/../../run/secrets/db', false],
  ['file:/run/secrets/{service}/', 'file:/run/secrets/shop-api/db', true],
  ['file:/run/secrets/{service}/', 'file:/run/secrets/other/db', false],
  ['file:/run/secrets/{service}/', 'file:/run/secrets/shop-api/../other/db', false],
  ['file:/run/db', 'file:/run/db', true],
  ['file:/run/db', 'file:/run/./db', true],
  ['file:/run/db', 'file:/run/db2', false],
  ['file:/run/', 'env:X', false],
])('of secrets, %s allows shop-api %s: %p', (entry, ref, allowed) => {
  expect(allowsSecret([entry], ref, 'shop-api')).toBe(allowed);
  expect(allowsSecret([], ref, 'shop-api')).toBe(false);
});

test('a path is within a folder by its steps, and is itself no folder', () => {
  expect(isPathWithin('/opt/tools/a', '/opt/tools/')).toBe(true);
  expect(isPathWithin('/opt/tools/deep/a', '/opt/tools/')).toBe(true);
  expect(isPathWithin('/opt/tools/', '/opt/tools/')).toBe(false);
  expect(isPathWithin('/opt/toolsa', '/opt/tools')).toBe(false);
  expect(isPathWithin('/opt/tools/a', '/opt/tools')).toBe(false);
});
