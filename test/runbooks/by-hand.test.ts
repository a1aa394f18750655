import { expect, test } from '@jest/globals';
import { flagsSchema } from '../../runbooks/flags.ts';
import { shareOf } from '../../runbooks/flagd-share.ts';
import { byHand } from '../../runbooks/by-hand.ts';
import { commandBlock } from '../../runbooks/targets/command-block.ts';
import { haproxyBlock } from '../../runbooks/targets/haproxy-block.ts';

const place = { service: 'shop', environment: 'production' };
const mark = { rolloutId: 'r1', fence: 18_950 };
const back = [
  { do: 'shift', weights: { '1.0.0': 100, '1.1.0': 0 } },
  { do: 'retire', version: '1.1.0' },
] as const;

test('a command target is put right by its own commands, as the worker runs them', () => {
  const program = ['./it tool', '{version}'];
  const command = commandBlock.parse({
    ...{ observe: ['./tool'], deploy: program, promote: program, retire: program },
    shift: ['./tool', "it's {service}", '{weights}'],
    directory: '/srv/my shop',
    env: { TOKEN: 'env:SHOP_TOKEN' },
  });
  expect(byHand(place, { command }, back, mark)).toEqual([
    `cd '/srv/my shop' && SLUICE_KEY=r1/by-hand/0 SLUICE_FENCE=18950 TOKEN="<env:SHOP_TOKEN>" ./tool 'it'\\''s shop' '{"1.0.0":100}'`,
    `cd '/srv/my shop' && SLUICE_KEY=r1/by-hand/1 SLUICE_FENCE=18951 TOKEN="<env:SHOP_TOKEN>" './it tool' 1.1.0`,
  ]);
});

test('HAProxy by its own socket', () => {
  const haproxy = haproxyBlock.parse({
    socket: '/run/a.sock',
    backend: 'shop',
    state: '/s',
    start: ['x'],
    stop: ['x'],
  });
  expect(byHand(place, { haproxy }, back, mark)).toEqual([
    "echo 'set weight shop/SERVER WEIGHT' | socat - UNIX-CONNECT:/run/a.sock  # for each SERVER, by its version in /s/shop.json: 1.0.0 100 %, all others 0",
    '# retire: can wait; the next rollout of shop does it',
  ]);
});

test('the practice service by its plane', () => {
  expect(byHand(place, { practice: {} }, back, mark)[0]).toContain('curl --fail-with-body');
});

const off = [{ do: 'flag', flag: 'checkout-v2', percent: 0 }] as const;
const some = [{ do: 'flag', flag: 'checkout-v2', percent: 10 }] as const;

test('a flag of flagd by its definition, written whole, with a fence above the worker’s', () => {
  const flags = flagsSchema.parse({ flagd: { file: '/srv/my shop/flags.json' } });
  expect(byHand(place, undefined, off, mark, flags)).toEqual([
    `jq '.flags["checkout-v2"] += {"defaultVariant":"off","targeting":{}} | .flags["checkout-v2"].metadata += {"sluiceFence":18950,"sluiceKey":"r1/by-hand/0"}' '/srv/my shop/flags.json' > '/srv/my shop/flags.json.by-hand' && mv '/srv/my shop/flags.json.by-hand' '/srv/my shop/flags.json'`,
  ]);
  // A share is the same that the driver writes, so that it reads it back as one of its own.
  expect(byHand(place, undefined, some, mark, flags)[0]).toContain(
    JSON.stringify(shareOf(10, { on: 'on', off: 'off' })),
  );
});

test('a flag of Unleash by its Admin API, whose token is named and not told', () => {
  const flags = flagsSchema.parse({
    unleash: { url: 'https://unleash.example.com/', token: 'env:UNLEASH_TOKEN' },
  });
  const url =
    'https://unleash.example.com/api/admin/projects/default/features/checkout-v2/environments/production';
  expect(byHand(place, undefined, off, mark, flags)).toEqual([
    `curl --fail-with-body -H "Authorization: <env:UNLEASH_TOKEN>" -X POST ${url}/off`,
  ]);
  const [line = ''] = byHand(place, undefined, some, mark, flags);
  expect(line).toContain(`-X PUT -H 'content-type: application/json'`);
  expect(line).toContain('"title":"Sluice (fence 18950)","parameters":{"rollout":"10"');
  expect(line).toContain(`${url}/strategies/ID`);
});
