import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { breakGlass } from '../../../activities/way-back/break-glass.ts';
import { storeWayBack } from '../../../activities/way-back/stored.ts';
import { plan } from '../../../runbooks/plan.ts';
import { forwardFence } from '../../../workflows/fences.ts';
import { makeService } from '../../runbooks/make.ts';
import { sluice } from '../../e2e/cli.ts';
import { describeWithHaproxy } from '../../servers/haproxy.ts';
import { SteadyLoad } from '../../servers/steady-load.ts';
import { Rig, service } from '../targets/haproxy/rig.ts';

let rig: Rig | null = null;
afterEach(async () => {
  await rig?.stop();
  rig = null;
});

/** A service file of that backend; JSON is YAML. Its gate's source is never asked. */
const declared = ({ block, haproxy }: Rig): unknown => ({
  ...{ apiVersion: 'sluice/v1', service, owners: ['team-shop'], artifact: { manifests: './releases' } },
  environments: {
    production: {
      target: {
        haproxy: {
          ...{ socket: haproxy.socket, backend: haproxy.backend, state: haproxy.state },
          ...{ instances: 1, start: block.start, stop: block.stop, ready: { digest: 'x-digest' } },
        },
      },
      strategy: { canary: {} },
      gates: {
        source: { prometheus: { url: 'http://127.0.0.1:9' } },
        errors: { total: 'requests_total{version="$version"}', bad: 'failures_total{version="$version"}' },
      },
    },
  },
});

/** Why glass was broken, oldest first. */
const reasons = ({ haproxy }: Rig): readonly unknown[] =>
  readdirSync(haproxy.state)
    .filter((file) => file.includes('break-glass'))
    .sort()
    .map((file) => {
      const report = z.object({ reason: z.string() });
      return report.parse(JSON.parse(readFileSync(path.join(haproxy.state, file), 'utf8'))).reason;
    });

describeWithHaproxy('break-glass on HAProxy, with nothing else there', () => {
  test('takes the stored way back, loses no request, keeps the rollout out, and may be said again', async () => {
    const own = (rig = await Rig.start(8, { instances: 1 }));
    await own.deploy('1.0.0');
    await own.shift({ '1.0.0': 100 });
    await own.write({ do: 'promote', version: '1.0.0' });
    const release = { version: '2.0.0', digest: own.artifact('2.0.0').digest };
    const planned = plan({
      kind: 'deploy',
      service: makeService(),
      environment: 'production',
      release,
      state: await own.target.observe(service),
      lastGood: { version: '1.0.0', digest: own.artifact('1.0.0').digest },
    });
    if ('problems' in planned) throw new Error(JSON.stringify(planned.problems));
    const file = own.target.wayBackFile?.(service) ?? '';
    const glass = {
      target: own.target,
      service,
      environment: 'production',
      reason: 'Temporal is away',
      who: 'ana',
      content: async () => own.artifact('1.0.0'),
      clock: () => Date.now(),
    };
    await expect(breakGlass(glass)).rejects.toMatchObject({ code: 'NO_WAY_BACK' });
    await storeWayBack(file, { rolloutId: 'r7', epoch: 1 }, planned.runbook);
    await own.write({ do: 'deploy', release }, {}, forwardFence(1, 1));
    await own.ready('2.0.0');
    await own.write({ do: 'shift', weights: { '2.0.0': 50, '1.0.0': 50 } }, {}, forwardFence(1, 3));

    const load = new SteadyLoad(own.haproxy.url, 100);
    await load.next(50);
    const report = await breakGlass(glass);
    expect(report.done.map(({ action, outcome }) => [action.do, outcome])).toEqual([
      ['shift', 'done'],
      ['promote', 'done'],
      ['retire', 'done'],
    ]);
    expect(new Set((await load.next(50)).map(({ version }) => version))).toEqual(new Set(['1.0.0']));
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(own.living()).toEqual(['shop-1.0.0-0']);
    expect(path.dirname(report.file)).toBe(own.haproxy.state);
    expect(JSON.parse(readFileSync(report.file, 'utf8'))).toMatchObject({
      who: 'ana',
      reason: 'Temporal is away',
    });

    // The rollout wakes up: forward, and by its own way back.
    for (const fence of [forwardFence(1, 5), 15_000])
      await expect(own.write({ do: 'shift', weights: { '1.0.0': 100 } }, {}, fence)).rejects.toMatchObject({
        code: 'TARGET_FENCED',
      });
    // The same by the program that people have, in a folder where no daemon, Temporal or ledger ever was.
    const services = path.join(own.folder, 'services');
    mkdirSync(services);
    writeFileSync(path.join(services, 'shop.yml'), JSON.stringify(declared(own)));
    const args = ['rollback', service, '--break-glass', '--reason', 'once more'];
    const { exit, out, err } = await sluice(own.folder, args, { SLUICE_SERVICES: services });
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    expect(out).toContain('shop in production: 1.0.0 100 %.');
    expect(reasons(own)).toEqual(['Temporal is away', 'once more']);
    // A later rollout's writes make it nobody's way back.
    await own.write({ do: 'shift', weights: { '1.0.0': 100 } }, {}, forwardFence(2, 0));
    await expect(breakGlass(glass)).rejects.toMatchObject({ code: 'TARGET_FENCED' });
  }, 60_000);
});
