import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { ensurePlane, seedPlane, stopPlane } from '../../activities/targets/practice/lifecycle.ts';
import { practiceTarget } from '../../activities/targets/practice/adapter.ts';
import { errorTable } from '../../runbooks/errors.ts';
import { rolloutAnswer } from '../../src/api/schemas/answers.ts';
import { readDaemonFile } from '../../src/home.ts';
import { practiceHome } from '../../worker/targets.ts';
import type { DevServer } from '../../worker/temporal-server.ts';
import { ensureDevServer } from '../../worker/temporal-server.ts';
import { Api } from '../e2e/api.ts';
import { Files, oldVersion } from '../e2e/files.ts';
import { killAtExit } from '../e2e/processes.ts';
import { describeOnPostgres } from '../src/store/engines.ts';
import { runSluiced, Sluiced } from './sluiced.ts';

describeOnPostgres('sluiced worker and sluiced serve over PostgreSQL', (postgres) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-production-'));
  const home = path.join(folder, 'home');
  const practice = practiceHome(home);
  const files = new Files(folder, [{ name: 'shop', watch: '1h' }]);
  let temporal: DevServer;
  let environment: NodeJS.ProcessEnv;
  const processes: Sluiced[] = [];

  beforeAll(async () => {
    mkdirSync(practice, { recursive: true, mode: 0o700 });
    const plane = await ensurePlane(practice, { logFile: path.join(folder, 'plane.log') });
    killAtExit(() => [plane.pid]);
    temporal = await ensureDevServer(path.join(folder, 'temporal'), pino({ level: 'silent' }));
    killAtExit(() => [temporal.pid()]);
    await seedPlane(practice, files.practice);
    environment = {
      SLUICE_HOME: home,
      SLUICE_SERVICES: files.services,
      SLUICE_DATABASE_URL: await postgres().createDatabase(),
      SLUICE_PORT: '0',
      TEMPORAL_ADDRESS: temporal.address,
    };
  }, 120_000);
  afterAll(async () => {
    await Promise.all(processes.map((sluiced) => sluiced.stop()));
    await Promise.all([stopPlane(practice), temporal.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const begin = (command: string): Promise<Sluiced> => {
    const sluiced = new Sluiced([command], environment);
    processes.push(sluiced);
    return sluiced.ready();
  };

  const run = (...args: readonly string[]) => runSluiced(args, environment);

  // One story: each part of it needs the one before.
  test('migrate, start, release, deploy, drain, end', async () => {
    const early = await run('serve');
    expect(early).toMatchObject({ exit: errorTable.LEDGER_SCHEMA.exit });
    expect(early.err).toContain('LEDGER_SCHEMA');
    expect(early.err).toContain('sluiced migrate');
    expect(await run('migrate')).toMatchObject({ exit: 0, err: '' });
    const again = await run('migrate');
    expect(again).toMatchObject({ exit: 0, out: 'Nothing to do: the schema is current.\n' });

    const lost = await runSluiced(['worker'], { ...environment, TEMPORAL_ADDRESS: '127.0.0.1:1' });
    expect(lost).toMatchObject({ exit: errorTable.TEMPORAL_UNAVAILABLE.exit, out: '' });
    expect(lost.err).toMatch(/^TEMPORAL_UNAVAILABLE: .*127\.0\.0\.1:1/);
    // Nothing is released that nobody has started.
    const unreleased = await run('release');
    expect(unreleased).toMatchObject({ exit: errorTable.NOT_FOUND.exit });
    expect(unreleased.err).toMatch(/build [0-9a-f]{16}/);

    const [worker] = await Promise.all([begin('worker'), begin('serve')]);
    const build = /build ([0-9a-f]{16})/.exec(worker.said.out)?.[1] ?? '';
    const unknown = await run('drain', '0123456789abcdef');
    expect(unknown).toMatchObject({ exit: errorTable.NOT_FOUND.exit });
    expect(unknown.err).toContain('0123456789abcdef');

    const released = await run('release');
    expect(released).toMatchObject({ exit: 0 });
    expect(released.out).toContain(build);
    // The build that takes every new rollout is never done: waiting for it would have no end.
    const current = await run('drain', build);
    expect(current).toMatchObject({ exit: errorTable.COMMAND_REFUSED.exit });
    expect(current.err).toContain('current');

    const api = new Api(home);
    await api.adopt('shop');
    files.release('shop', '1.1.0');
    const answer = await api.call(rolloutAnswer, {
      path: '/v1/rollouts',
      body: { kind: 'deploy', service: 'shop', version: '1.1.0' },
    });
    expect(answer.outcome).toBe('accepted');
    await api.reaches(answer.rolloutId, 'watching', ({ state }) => state === 'watching');
    await api.say(answer.rolloutId, 'promote');
    const view = await api.ended(answer.rolloutId);
    expect(view).toMatchObject({ state: 'succeeded', from: { version: oldVersion } });
    expect(await practiceTarget(practice).observe('shop')).toMatchObject({
      weights: { '1.1.0': 100 },
      stable: '1.1.0',
    });

    expect(readDaemonFile(home)).not.toBeNull();
    expect(await Promise.all(processes.map((sluiced) => sluiced.stop()))).toEqual([0, 0]);
    expect(readDaemonFile(home)).toBeNull();
  }, 180_000);
});
