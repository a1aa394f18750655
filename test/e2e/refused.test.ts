import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { errorTable } from '../../runbooks/errors.ts';
import { chainReport, problemDocument } from '../../src/api/schemas/answers.ts';
import type { Call } from './api.ts';
import { sluice } from './cli.ts';
import { Dev } from './dev.ts';
import { until } from './until.ts';

let dev: Dev;
beforeAll(async () => {
  dev = await Dev.start([{ name: 'shop' }]);
  await dev.api.adopt('shop');
  dev.files.release('shop', 'latest');
  dev.files.release('shop', '1.1.0', { errorRate: 7, colour: 'red' });
  const write = (name: string, text: string): void =>
    writeFileSync(path.join(dev.files.services, `${name}.yml`), text);
  write('torn', 'apiVersion: sluice/v1\nservice: torn\nowners: [a\n  - b: {');
  write(
    'extra',
    `apiVersion: sluice/v1
service: extra
owners: [team-test]
artifact: { manifests: ./releases/shop }
environments:
  production:
    target: { practice: {} }
    strategy: { canary: { stepps: [10, 100] } }
    gates: { errors: {} }
`,
  );
}, 90_000);
afterAll(async () => {
  await dev.stop();
}, 60_000);

/** What could have been started: writes to the target, open rollouts, runs in Temporal that are not over. */
const started = async () => {
  const writes = (await dev.practiceEvents()).filter(({ event }) => event === 'received').length;
  const open = (await dev.api.rollouts('shop')).filter(({ endedAt }) => endedAt === null).length;
  const running = await dev.temporal((client) =>
    client.workflow.count("WorkflowType = 'rollout' AND ExecutionStatus = 'Running'"),
  );
  return { writes, open, running: running.count };
};
const nothing = { writes: 3, open: 0, running: 0 };

/** A run that refuses tells its story after it has answered, and Temporal's index follows: nothing may remain. */
const expectNothing = async (): Promise<void> => {
  await until('nothing is open any more', async () => {
    const { open, running } = await started();
    return open === 0 && running === 0;
  });
  expect(await started()).toEqual(nothing);
};

const cases = [
  {
    says: 'a file that is not YAML',
    service: 'torn',
    version: '1.0.1',
    code: 'SERVICE_FILE_INVALID',
    looked: false,
  },
  {
    says: 'a file with an unknown key',
    service: 'extra',
    version: '1.0.1',
    code: 'SERVICE_FILE_INVALID',
    looked: false,
  },
  { says: 'an unknown service', service: 'shoop', version: '1.0.1', code: 'SERVICE_UNKNOWN', looked: false },
  { says: 'a tag that moves', service: 'shop', version: 'latest', code: 'VERSION_MUTABLE', looked: false },
  {
    says: 'a version that is no version',
    service: 'shop',
    version: '../1.0.0',
    code: 'VERSION_INVALID',
    looked: false,
  },
  {
    says: 'a version that does not exist',
    service: 'shop',
    version: '9.9.9',
    code: 'ARTIFACT_NOT_FOUND',
    looked: true,
  },
  {
    says: 'a manifest that is wrong',
    service: 'shop',
    version: '1.1.0',
    code: 'ARTIFACT_INVALID',
    looked: true,
  },
  {
    says: 'the version that runs',
    service: 'shop',
    version: '1.0.0',
    code: 'ALREADY_RUNNING_VERSION',
    looked: true,
  },
] as const;

describe('refused, and nothing started', () => {
  test.each(cases)('$says', async ({ service, version, code, looked }) => {
    const asked = (await dev.api.rollouts('shop')).length;
    const problem = await dev.api.refusal({
      path: '/v1/rollouts',
      body: { kind: 'deploy', service, version },
    });
    // What can be told without looking at the target is not even written down as a rollout.
    expect((await dev.api.rollouts('shop')).length - asked).toBe(looked ? 1 : 0);
    expect(problem).toMatchObject({ code, status: errorTable[code].status, retryable: false });
    expect(problem.detail.length).toBeGreaterThan(10);

    const planned = await dev.api.refusal({ path: '/v1/plans', body: { service, version } });
    expect(planned).toMatchObject({ code, detail: problem.detail });
    const deploy = await sluice(dev.home, ['deploy', service, version, '--json', '--wait']);
    expect(deploy).toMatchObject({ exit: 2, out: '' });
    expect(JSON.parse(deploy.err)).toMatchObject({ code, message: problem.detail });
    await expectNothing();
  });

  test('a wrong file is told with its line, what stands there and what was meant', async () => {
    const { exit, err } = await sluice(dev.home, ['deploy', 'extra', '1.0.1']);
    expect(exit).toBe(2);
    expect(err).toContain('extra.yml:8');
    expect(err).toContain('stepps');
    expect(err).toContain('steps');
  });

  test('a caller without the token, without a daemon, without sense', async () => {
    const token = { SLUICE_TOKEN: 'x'.repeat(43) };
    expect(await sluice(dev.home, ['deploy', 'shop', '1.2.0'], token)).toMatchObject({ exit: 10 });
    const nobody = await sluice(dev.files.services, ['deploy', 'shop', '1.2.0']);
    expect(nobody.exit).toBe(errorTable.CLIENT_OFFLINE.exit);
    expect(nobody.err).toContain('CLIENT_OFFLINE');
    expect(await sluice(dev.home, ['deploy', 'shop'])).toMatchObject({ exit: 1 });
    expect(await sluice(dev.home, ['deplyo', 'shop', '1.2.0'])).toMatchObject({ exit: 1 });
    expect(await started()).toEqual(nothing);
  });

  test('hostile arguments on a command line do not reach the terminal as they came', async () => {
    const escape = '\u001b[2J\u001b]0;owned\u0007';
    for (const args of [
      ['deploy', escape, '1.0.1'],
      ['deploy', 'shop', `1.0.1${escape}`],
      ['deploy', 'shop', '9.9.9', '--reason', escape],
      ['hold', escape],
    ]) {
      const { exit, out, err } = await sluice(dev.home, args);
      expect([1, 2]).toContain(exit);
      expect(err).not.toBe('');
      expect(`${out}${err}`).not.toMatch(/[\u0007\u001b]/);
    }
    expect(await started()).toEqual(nothing);
  });
});

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 50 }),
  fc.string({ minLength: 1, maxLength: 3 }).map((part) => part.repeat(40_000)),
  fc.constantFrom(
    '',
    ' ',
    '..',
    '../../../../etc/passwd',
    '%2e%2e%2fshop',
    'shop\u0000',
    'SHOP',
    '__proto__',
    'constructor',
    "'; drop table events; --",
    '${jndi:ldap://x}',
    '{{7*7}}',
    '\ud800',
    '\u202eshop',
    '-rf',
    '1e309',
    'null',
    'latest',
    '9.9.9',
    'x'.repeat(63),
    'x'.repeat(64),
  ),
);
const anything = fc.oneof({ weight: 4, arbitrary: hostile }, fc.jsonValue());
/** Mostly a real name, so that what stands beside it is looked at as well. */
const service = fc.oneof(fc.constant('shop'), anything);
const segment = hostile.map((text) => encodeURIComponent(text.toWellFormed()).slice(0, 4_000));

const calls: fc.Arbitrary<Call> = fc.oneof(
  fc
    .record(
      { service, version: anything, environment: anything, reason: anything },
      { requiredKeys: ['service'] },
    )
    .map((body) => ({ path: '/v1/rollouts', body: { kind: 'deploy', ...body } })),
  fc
    .record({ service: anything, to: anything, reason: anything }, { requiredKeys: ['service'] })
    .map((body) => ({ path: '/v1/rollouts', body: { kind: 'rollback', ...body } })),
  fc.tuple(fc.string({ maxLength: 12 }), anything).map(([name, value]) => ({
    path: '/v1/rollouts',
    body: { kind: 'deploy', service: 'shop', version: '9.9.9', [`x${name}`]: value },
  })),
  fc.string({ unit: 'binary', maxLength: 500 }).map((raw) => ({ path: '/v1/rollouts', raw: `{${raw}` })),
  fc
    .stringMatching(/^[\x20-\x7e]{0,300}$/)
    .map((key) => ({ path: '/v1/rollouts', body: { service: 'shop', version: '9.9.9' }, key })),
  fc
    .record({ service, version: anything })
    .map((body) => ({ path: '/v1/plans', body: { environment: 'production', ...body } })),
  fc.tuple(segment, anything).map(([id, command]) => ({
    path: `/v1/rollouts/x${id}/commands`,
    body: { command, reason: command },
  })),
  segment.map((name) => ({ path: `/v1/services/x${name}/adopt`, body: {} })),
);

test('fuzzed: 200 hostile calls get a clear refusal each, and start nothing', async () => {
  await fc.assert(
    fc.asyncProperty(calls, async (call) => {
      const { status, body } = await dev.api.send(call);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      const problem = problemDocument.parse(body);
      expect(Object.keys(errorTable)).toContain(problem.code);
      expect(problem.code).not.toBe('INTERNAL');
      expect(problem.detail.trim()).not.toBe('');
      expect(JSON.stringify(body).length).toBeLessThan(16_000);
      expect(problem.detail).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    }),
    { numRuns: 200, endOnFailure: false },
  );
  await expectNothing();
  expect(await dev.api.call(chainReport, { path: '/v1/audit' })).toMatchObject({ ok: true });
  const ready = await dev.api.send({ path: '/readyz' });
  expect(ready).toMatchObject({ status: 200, body: { ready: true } });
});
