import { describe, expect, test } from '@jest/globals';
import { gatesSchema } from '../../runbooks/gates.ts';
import type { GatePolicy, GatesBlock } from '../../runbooks/gates.ts';
import { settingsOfBlock, gatesBlockSchema } from '../../src/gates/gates-block.ts';
import { blockOfPolicy } from '../../src/gates/policy-block.ts';

const prometheus = { prometheus: { url: 'http://prometheus:9090' } };
const total = 'http_requests_total{app="shop",version="$version"}';
const bad = 'http_requests_total{app="shop",version="$version",code=~"5.."}';
const histogram = 'http_request_duration_seconds{version="$version"}';
const errors = { total, bad };

const parsed = (block: unknown): GatesBlock => gatesSchema.parse(block);
const said = (block: unknown): readonly string[] =>
  (gatesSchema.safeParse(block).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')} ${message}`,
  );

const release = { service: 'shop', version: '2.1.0', stable: '2.0.4' };
/** As a runbook of a canary has them. */
const policy = (block: unknown): GatePolicy => {
  const gates = parsed(block);
  return { ...gates, holdBack: gates.holdBack ?? 0.1 };
};
const settings = (block: unknown) =>
  settingsOfBlock(gatesBlockSchema.parse(blockOfPolicy(policy(block))), {
    release,
    watchSeconds: 900,
    steps: [0.1, 1],
  });

describe('a gates block', () => {
  test('of the practice service needs errors alone', () => {
    expect(parsed({ errors: {} })).toEqual({
      every: 5000,
      source: { practice: {} },
      budget: 0.01,
      errors: { max: 0.01, margin: 0.002, harm: 0.01 },
      onInconclusive: { extend: 900_000, then: 'ask' },
      warmUp: 30_000,
      history: 1_800_000,
      window: 'warn',
    });
    expect(said({ latency: {} })).toEqual([expect.stringMatching(/^errors /)]);
    expect(said({})).toEqual([expect.stringMatching(/^errors /)]);
  });

  test('of Prometheus may say everything', () => {
    const block = {
      every: '10s',
      source: {
        prometheus: {
          url: 'https://prometheus.example/base/',
          auth: { basic: { username: 'sluice', password: 'env:PROM' } },
          tls: { ca: 'file:/etc/ca.pem', cert: 'env:CERT', key: 'file:/etc/key.pem' },
          timeout: '3s',
          fresh: '2m',
          instance: ['namespace', 'pod'],
        },
      },
      errors: { ...errors, slo: '99.9%' },
      latency: { histogram, p50: '50ms', p95: '200ms', p99: '1s', margin: '15%' },
      saturation: [
        { name: 'cpu', query: 'avg(rate(cpu{pod=~"shop-$version.*"}[1m]))', max: 0.8, margin: '30%' },
      ],
      budget: '5%',
      onInconclusive: { extend: '15m', then: 'promote', because: 'too little traffic at night' },
      holdBack: '20%',
      warmUp: '1m',
      history: '1h',
      window: 'refuse',
    };
    const found = parsed(block);
    expect(found.errors).toEqual({ ...errors, slo: 0.999, max: 0.01, margin: 0.001, harm: 0.005 });
    expect(settings(block)).toMatchObject({
      everySeconds: 10,
      budget: 0.05,
      errors: { max: 0.01, margin: 0.001, harm: 0.005, ratio: 1.1 },
      latency: {
        margin: 0.15,
        limits: [
          { quantile: 0.5, seconds: 0.05 },
          { quantile: 0.95, seconds: 0.2 },
          { quantile: 0.99, seconds: 1 },
        ],
      },
      saturation: [{ name: 'cpu', max: 0.8, margin: 0.3, perRequest: true }],
      warmUpSeconds: 60,
      historySeconds: 3600,
      holdBack: 0.2,
      onInconclusive: { extendSeconds: 900, then: 'promote' },
    });
  });

  test('gives the gate the defaults that its pages promise', () => {
    const sparse = { errors: {}, latency: {}, saturation: [{ name: 'memory' }] };
    const explicit = {
      every: '5s',
      errors: { max: '1%', margin: '0.2%', harm: '1%' },
      latency: { p95: '300ms', margin: '10%' },
      saturation: [{ name: 'memory', margin: '20%', perRequest: false }],
      budget: '1%',
      warmUp: '30s',
      history: '30m',
      holdBack: '10%',
    };
    expect(settings(sparse)).toEqual(settings(explicit));
  });

  test.each([
    [{ errors: {} }],
    [{ errors: { slo: '99.5%', harm: '2%' }, latency: { p99: '1s' }, warmUp: '0s' }],
  ])('means the same to a recording that holds it: %j', (block) => {
    const policy = parsed(block);
    const kept = gatesBlockSchema.parse(JSON.parse(JSON.stringify(policy)));
    const { onInconclusive: _live, ...live } = settings(block);
    const { onInconclusive: _kept, ...replayed } = settingsOfBlock(kept, {
      release,
      watchSeconds: 900,
      steps: [0.1, 1],
    });
    expect(replayed).toEqual(live);
  });

  test('is extended by a quarter of an hour unless it says 0, and a limit of everything is none', () => {
    expect(settings({ errors: {} }).onInconclusive).toEqual({ extendSeconds: 900, then: 'ask' });
    const never = { errors: { max: '100%' }, onInconclusive: { extend: '0s' } };
    expect(settings(never)).toMatchObject({
      errors: { max: null },
      onInconclusive: { extendSeconds: null, then: 'ask' },
    });
  });

  test('takes one page or several', () => {
    const urls = (scrape: unknown) => parsed({ source: { scrape }, errors }).source;
    expect(urls({ url: 'http://shop:9102/metrics' })).toEqual({
      scrape: { timeout: 5000, urls: ['http://shop:9102/metrics'] },
    });
    expect(urls({ urls: ['http://a/$version', 'http://b/$version'] })).toEqual({
      scrape: { timeout: 5000, urls: ['http://a/$version', 'http://b/$version'] },
    });
  });

  test('needs no $version in its queries where the page has it', () => {
    const source = { scrape: { url: 'http://shop-$version/metrics' } };
    expect(said({ source, errors: { total: 'requests_total', bad: 'errors_total' } })).toEqual([]);
  });
});

describe('a gates block is refused', () => {
  const scrape = { scrape: { url: 'http://shop/metrics' } };
  test.each<[string, unknown, string]>([
    ['no total', { source: prometheus, errors: { bad } }, 'errors.total must be given'],
    ['no bad', { source: scrape, errors: { total } }, 'errors.bad must be given'],
    ['a counter for practice', { errors: { total } }, 'errors.total must be left out'],
    [
      'a version left out',
      { source: prometheus, errors: { total: 'x', bad } },
      'errors.total must contain $version',
    ],
    [
      'a rate',
      { source: prometheus, errors: { total: `rate(${total}[5m])`, bad } },
      'errors.total must be the counter without',
    ],
    ['no histogram', { source: prometheus, errors, latency: {} }, 'latency.histogram must be given'],
    [
      'the buckets of a histogram',
      { source: prometheus, errors, latency: { histogram: 'h_seconds_bucket{v="$version"}' } },
      "latency.histogram must be the histogram's own name: h_seconds",
    ],
    [
      'a gauge of all versions',
      { source: prometheus, errors, saturation: [{ name: 'cpu', query: 'avg(cpu)' }] },
      'saturation.0.query must contain $version',
    ],
    [
      'a gauge that a page can not compute',
      { source: scrape, errors, saturation: [{ name: 'cpu', query: 'avg(cpu{v="$version"})' }] },
      'saturation.0.query must be a plain selector',
    ],
    [
      'a sum that a page can not compute',
      { source: scrape, errors: { total: `sum by (instance) (${total})`, bad } },
      'errors.total must be a plain selector',
    ],
    [
      'a pattern that is none',
      { source: scrape, errors: { total, bad: 'x{v="$version",code=~"(5"}' } },
      'errors.bad must match code by a regular expression',
    ],
    [
      'two gauges of one name',
      { errors: {}, saturation: [{ name: 'a' }, { name: 'a' }] },
      'saturation.1.name must not',
    ],
    [
      'pages of one version and of all',
      { source: { scrape: { urls: ['http://a/$version', 'http://b'] } }, errors },
      'source.scrape.urls must all contain $version',
    ],
    ['two sources', { source: { practice: {}, ...prometheus }, errors: {} }, 'source must name one of'],
    ['no source', { source: {}, errors: {} }, 'source must name one of'],
    [
      'url and urls',
      { source: { scrape: { url: 'http://a', urls: ['http://b'] } }, errors },
      'must hold one of url',
    ],
    [
      'a promotion without a reason',
      { errors: {}, onInconclusive: { then: 'promote' } },
      'onInconclusive.because must say why',
    ],
    [
      'a secret that is said',
      { source: { prometheus: { ...prometheus.prometheus, auth: { bearer: 'hunter2' } } }, errors },
      'source.prometheus.auth.bearer must say where the secret is',
    ],
    [
      'two ways to be somebody',
      {
        source: {
          prometheus: {
            ...prometheus.prometheus,
            auth: { bearer: 'env:A', basic: { username: 'u', password: 'env:B' } },
          },
        },
        errors,
      },
      'must hold one of bearer and basic',
    ],
    [
      'a certificate without its key',
      { source: { prometheus: { ...prometheus.prometheus, tls: { cert: 'env:A' } } }, errors },
      'must hold cert and key together',
    ],
    [
      'a user in an address',
      { source: { prometheus: { url: 'http://u:p@h' } }, errors },
      'source.prometheus.url must be',
    ],
    [
      'another scheme',
      { source: { prometheus: { url: 'file:///etc' } }, errors },
      'source.prometheus.url must be',
    ],
    ['an unknown key', { errors: {}, warmup: '1s' }, 'Unrecognized key'],
    ['an objective of everything', { errors: { slo: '100%' } }, 'errors.slo must be'],
  ])('for %s', (_what, block, message) => {
    expect(said(block)).toEqual([expect.stringContaining(message)]);
  });
});
