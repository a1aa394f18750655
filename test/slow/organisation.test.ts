import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { prepared } from '../../src/api/schemas/answers.ts';
import { sluice } from '../e2e/cli.ts';
import { Dev } from '../e2e/dev.ts';

let dev: Dev;
beforeAll(async () => {
  dev = await Dev.start([{ name: 'shop', watch: '2s' }]);
}, 90_000);
afterAll(async () => {
  await dev.stop();
}, 60_000);

const organisation = (text: string): void =>
  writeFileSync(path.join(dev.files.services, 'sluice.yml'), `apiVersion: sluice/v1\n${text}`);
const approvals = (count: number): string =>
  `defaults: { environments: { production: { approval: { by: [managers], count: ${String(count)}, self: true } } } }\n`;
const plan = () => dev.api.call(prepared, { path: '/v1/plans', body: { service: 'shop', version: '1.1.0' } });

test('what the organisation says is in the plan and its hash, stays as it was asked for, and never stops a way back', async () => {
  const service = dev.service('shop');
  await service.under(50, async () => {
    service.release('1.1.0');
    service.release('1.2.0');
    const alone = await plan();
    expect(alone.runbook.approval).toBeUndefined();

    organisation(approvals(1));
    const asked = await plan();
    expect(asked.hash).not.toBe(alone.hash);
    expect(asked.runbook.approval).toMatchObject({ by: ['managers'], count: 1 });
    const { rolloutId, prepared: begun } = await service.deploy('1.1.0');
    expect(begun.hash).toBe(asked.hash);
    await dev.api.reaches(rolloutId, 'waiting', ({ state }) => state === 'awaiting-approval');

    // As a change of the service file: in the next plan, not in what waits for its approval.
    organisation(approvals(3));
    expect((await plan()).runbook.approval).toMatchObject({ count: 3 });
    expect((await dev.api.rollout(rolloutId)).hash).toBe(asked.hash);
    await dev.api.say(rolloutId, 'approve');
    expect(await service.ends(rolloutId)).toMatchObject({ state: 'succeeded' });
    const [requested] = await dev.api.events(rolloutId);
    expect(requested?.body).toMatchObject({
      files: [{ path: expect.stringMatching(/shop\.yml$/) }, { path: expect.stringMatching(/sluice\.yml$/) }],
    });

    // A floor that the file loosens, then a file that is wrong: nothing ships, and the way back is open.
    organisation("floors: { environments: { '*': { gates: { errors: { max: 1% } } } } }\n");
    const deploy = { path: '/v1/rollouts', body: { kind: 'deploy', service: 'shop', version: '1.2.0' } };
    const loose = await dev.api.refusal(deploy);
    expect(loose).toMatchObject({ code: 'SERVICE_FILE_INVALID', status: 422 });
    expect(loose.detail).toContain('environments.production.gates.errors.max must be at most 1%; found "2%"');
    const shown = await sluice(dev.home, ['deploy', 'shop', '1.2.0']);
    expect(shown.exit).toBe(2);
    expect(shown.err).toMatch(/the floor stands in .*sluice\.yml:2/);
    organisation('floors: 7\n');
    expect(await dev.api.refusal(deploy)).toMatchObject({ code: 'ORGANISATION_FILE_INVALID', status: 422 });
    const back = await dev.api.rollback('shop');
    expect(await service.ends(back.rolloutId)).toMatchObject({ kind: 'rollback', state: 'succeeded' });
  });
});

test('the daemon shows what counts, by its own files', async () => {
  organisation("defaults: { environments: { '*': { stuck: { after: 2m } } } }\n");
  const { exit, out, err } = await sluice(dev.home, ['config', 'show', 'shop', 'production']);
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  expect(out).toMatch(/stuck\.after +2m +sluice\.yml:2 \(defaults\)/);
  expect(out).toMatch(/gates\.errors\.max +2% +shop\.yml:12/);
});
