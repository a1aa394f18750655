import { expect, test } from '@jest/globals';
import type { Deps } from '../../activities/deps.ts';
import { unboundedLimits } from '../../activities/latency-limits.ts';
import type { Target } from '../../activities/targets/target.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import { gatesSchema } from '../../runbooks/gates.ts';
import type { Runbook } from '../../runbooks/runbook.ts';
import type { InstanceReading } from '../../src/gates/reading.ts';
import type { RolloutInput } from '../../workflows/contract.ts';
import { makeRequest, makeService, planned } from '../runbooks/make.ts';

const service = makeService();
const { runbook, state } = (() => {
  const request = makeRequest({ service });
  return { runbook: planned(request).runbook, state: request.state };
})();
const input = { service, environment: 'production' } as RolloutInput;

const withLimits = (latency: object | null): Runbook => ({
  ...runbook,
  gates: {
    ...runbook.gates,
    latency: gatesSchema.parse({ errors: {}, ...(latency === null ? {} : { latency }) }).latency,
  },
});

/** The running version tells these bounds (seconds), or none, or nothing at all. */
const deps = (le: readonly number[] | null, away = false): Deps => {
  const latency =
    le === null ? {} : { latency: { le: [...le, '+Inf' as const], count: [...le, 1].map(() => 1) } };
  const instance: InstanceReading = { id: 'a', requests: 1, errors: 0, ...latency };
  const read: Target['read'] = async () => {
    if (away) throw new SluiceError({ code: 'TARGET_UNAVAILABLE', message: 'It is away.' });
    return { at: 0, arm: { at: 0, instances: [instance] } };
  };
  return { clock: () => 0, target: () => ({ read }) } as unknown as Deps;
};
const said = (given: Deps, latency: object | null = { p95: '300ms', p99: '2s' }) =>
  unboundedLimits(given, input, withLimits(latency), state);

test('a limit without a bucket near it is said before anything moves', async () => {
  expect(await said(deps([0.1, 0.3, 2]))).toEqual([]);
  expect(await said(deps([0.1, 0.5, 1]))).toEqual([
    'latency.p95: no bucket bound within 20 % of 300 ms; 500 ms is used instead; add a bucket at 300 ms',
    'latency.p99: the histogram ends below 2000 ms, so the limit is not watched; add a bucket at 2000 ms',
  ]);
});

test('nothing is said where no latency is watched, or nothing tells its bounds', async () => {
  expect(await said(deps([0.1]), null)).toEqual([]);
  expect(await said(deps(null))).toEqual([]);
  expect(await said(deps([0.1], true))).toEqual([]);
  const unwatched = {
    ...withLimits({ p99: '2s' }),
    steps: runbook.steps.filter(({ kind }) => kind !== 'watch'),
  };
  expect(await unboundedLimits(deps([0.1]), input, unwatched, state)).toEqual([]);
});
