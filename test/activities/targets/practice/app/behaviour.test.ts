import { describe, expect, test } from '@jest/globals';
import {
  errorRateAt,
  latencyFactorAt,
  outcomeOf,
} from '../../../../../activities/targets/practice/app/behaviour.ts';
import type { Outcome } from '../../../../../activities/targets/practice/app/behaviour.ts';
import { applicationReply, fixedReply } from '../../../../../activities/targets/practice/app/routes.ts';
import { manifestSchema } from '../../../../../activities/targets/practice/manifest.ts';
import type { Manifest } from '../../../../../activities/targets/practice/manifest.ts';
import { exponential, seededRandom } from '../../../../../activities/targets/practice/prng.ts';

const manifest = (part: object): Manifest =>
  manifestSchema.parse({ service: 'shop', version: '1.0.0', ...part });

const draw = (of: Manifest, many: number, seed = 7, ageMs = 0): readonly Outcome[] => {
  const random = seededRandom(seed);
  return Array.from({ length: many }, () => outcomeOf(of, random, ageMs));
};

const share = (outcomes: readonly Outcome[], is: (outcome: Outcome) => boolean): number =>
  outcomes.filter(is).length / outcomes.length;
const failed = (outcome: Outcome): boolean => outcome.kind === 'answer' && outcome.failed;

describe('outcomeOf', () => {
  test('latencies have the median and the 95th percentile of the manifest', () => {
    const outcomes = draw(manifest({ latency: { medianMs: 12, p95Ms: 40 } }), 20_000);
    const sorted = outcomes.map((one) => (one.kind === 'answer' ? one.afterMs : 0)).sort((a, b) => a - b);
    expect(sorted[10_000]).toBeGreaterThan(11.5);
    expect(sorted[10_000]).toBeLessThan(12.5);
    expect(sorted[19_000]).toBeGreaterThan(38);
    expect(sorted[19_000]).toBeLessThan(42);
  });

  test('fails the share that the manifest says', () => {
    const outcomes = draw(manifest({ errorRate: 0.03 }), 50_000);
    expect(share(outcomes, failed)).toBeGreaterThan(0.027);
    expect(share(outcomes, failed)).toBeLessThan(0.033);
    expect(share(draw(manifest({}), 5000), failed)).toBe(0);
  });

  test('crashes with the probability that the manifest says, and only then', () => {
    const crashes = (outcome: Outcome): boolean => outcome.kind === 'crash';
    expect(share(draw(manifest({ crash: { perRequest: 0.2 } }), 20_000), crashes)).toBeCloseTo(0.2, 1);
    expect(share(draw(manifest({ crash: { afterMs: 1 } }), 1000), crashes)).toBe(0);
  });

  test('the same seed gives the same requests, another one others', () => {
    const of = manifest({ errorRate: 0.5 });
    expect(draw(of, 100, 1)).toEqual(draw(of, 100, 1));
    expect(draw(of, 100, 1)).not.toEqual(draw(of, 100, 2));
  });
});

describe('drift', () => {
  const drifting = manifest({
    errorRate: 0.01,
    drift: { fromMs: 1000, toMs: 3000, errorRate: 0.05, latencyFactor: 3 },
  });

  test.each([
    [0, 0.01, 1],
    [1000, 0.01, 1],
    [2000, 0.03, 2],
    [3000, 0.05, 3],
    [90_000, 0.05, 3],
  ])('at %i ms the error rate is %f and latencies are times %f', (ageMs, rate, factor) => {
    expect(errorRateAt(drifting, ageMs)).toBeCloseTo(rate, 10);
    expect(latencyFactorAt(drifting, ageMs)).toBeCloseTo(factor, 10);
  });

  test('moves only what it names', () => {
    const errorsOnly = manifest({ errorRate: 0.01, drift: { fromMs: 0, toMs: 10, errorRate: 0.5 } });
    expect(latencyFactorAt(errorsOnly, 100)).toBe(1);
    const latencyOnly = manifest({ errorRate: 0.01, drift: { fromMs: 0, toMs: 10, latencyFactor: 2 } });
    expect(errorRateAt(latencyOnly, 100)).toBe(0.01);
  });

  test('is felt by the requests', () => {
    expect(share(draw(drifting, 20_000, 7, 5000), failed)).toBeGreaterThan(0.04);
  });
});

describe('exponential', () => {
  test('waits 1/rate on average, and varies as a Poisson process does', () => {
    const random = seededRandom(3);
    const waits = Array.from({ length: 50_000 }, () => exponential(random, 400));
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    const variance = waits.reduce((sum, wait) => sum + (wait - mean) ** 2, 0) / waits.length;
    expect(mean * 400).toBeCloseTo(1, 1);
    expect(Math.sqrt(variance) * 400).toBeCloseTo(1, 1);
  });
});

describe('routes', () => {
  const plain = manifest({});

  test('the cart is read and added to', () => {
    expect(applicationReply(plain, 'GET', '/api/cart', '').status).toBe(200);
    const added = applicationReply(plain, 'POST', '/api/cart', '{"sku":"test"}');
    expect(added).toEqual({ status: 201, body: { added: { sku: 'test' } } });
  });

  test('what makes no sense is told so, and is not an error of the server', () => {
    expect(applicationReply(plain, 'POST', '/api/cart', '{').status).toBe(400);
    expect(applicationReply(plain, 'GET', '/nowhere', '').status).toBe(404);
    expect(applicationReply(plain, 'DELETE', '/', '').status).toBe(405);
  });

  test('a fixed answer of a method comes before the one of the path', () => {
    const fixed = manifest({
      routes: { '/api/cart': { status: 503 }, 'POST /api/cart': { status: 500, body: 'no' } },
    });
    expect(fixedReply(fixed, 'POST', '/api/cart')).toEqual({ status: 500, body: 'no' });
    expect(fixedReply(fixed, 'GET', '/api/cart')).toEqual({ status: 503, body: { status: 503 } });
    expect(fixedReply(fixed, 'GET', '/')).toBeNull();
  });
});
