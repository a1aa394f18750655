import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { sourceOf } from '../../../activities/metrics/source.ts';
import { practiceTarget } from '../../../activities/targets/practice/adapter.ts';
import { gatesSchema } from '../../../runbooks/gates.ts';

test('the practice service that is not there is a problem of the check, and an error of a reading', async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'sluice-no-plane-'));
  try {
    const target = practiceTarget(home);
    const source = sourceOf(gatesSchema.parse({ errors: {} }), { target, service: 'shop', clock: Date.now });
    expect(await source.check({ running: '2.0.4', other: [] })).toEqual([
      expect.objectContaining({
        message: expect.stringContaining('The metrics of 2.0.4, which runs now, can not be read:'),
      }),
    ]);
    await expect(source.read('2.0.4')).rejects.toMatchObject({ code: 'TARGET_UNAVAILABLE' });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
