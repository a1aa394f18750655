import { expect, test } from '@jest/globals';
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
