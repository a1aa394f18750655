import { describe, expect, test } from '@jest/globals';
import { gatesSchema } from '../../runbooks/gates.ts';
import { gatesBlockSchema, settingsOfBlock } from '../../src/gates/gates-block.ts';
import { blockOfPolicy } from '../../src/gates/policy-block.ts';

const prometheus = { prometheus: { url: 'http://prometheus:9090' } };
const total = 'payments_total{version="$version"}';
const bad = 'payments_total{version="$version",result="declined"}';
const histogram = 'search_seconds{version="$version"}';
const errors = { total, bad };

const said = (block: unknown): readonly string[] =>
  (gatesSchema.safeParse(block).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')} ${message}`,
  );

const settings = (block: unknown) =>
  settingsOfBlock(gatesBlockSchema.parse(blockOfPolicy({ ...gatesSchema.parse(block), holdBack: 0.1 })), {
    release: { service: 'shop', version: '2.1.0', stable: '2.0.4' },
    watchSeconds: 900,
    steps: [0.1, 1],
  });

describe("metrics of the service's own", () => {
  const own = (...custom: readonly unknown[]) => ({ source: prometheus, errors, custom });
  const share = { name: 'payments', total, bad };
  const durations = { name: 'search', histogram };

  test('are a share or durations, and their defaults are those of the gate', () => {
    const block = own({ ...share, max: '5%', harm: '2%' }, { ...durations, p99: '2s', margin: '50%' }, share);
    expect(said(block)).toEqual(['custom.2.name must not be the name of two metrics']);
    expect(
      settings(own({ ...share, max: '5%', harm: '2%' }, { ...durations, p99: '2s', margin: '50%' })),
    ).toMatchObject({
      custom: [
        {
          ...{ name: 'payments', proven: true, latency: null },
          errors: { max: 0.05, harm: 0.02, margin: 0.002, ratio: 1.1 },
        },
        {
          ...{ name: 'search', proven: false, errors: null },
          latency: { limits: [{ quantile: 0.99, seconds: 2 }], margin: 0.5 },
        },
      ],
    });
    expect(settings(own(share, durations))).toMatchObject({
      custom: [
        { errors: { max: null, margin: 0.002 }, proven: false },
        { latency: { limits: [], margin: 0.1 }, proven: false },
      ],
    });
    expect(settings({ source: prometheus, errors }).custom).toEqual([]);
  });

  test.each([
    [
      { name: 'a' },
      'custom.0 must have total and bad, or histogram; a value that stands by itself belongs to saturation',
    ],
    [{ name: 'a', total }, 'custom.0.bad must be given'],
    [{ name: 'a', bad }, 'custom.0.total must be given'],
    [{ ...durations, max: '5%' }, /^custom\.0\.max must not stand beside histogram/],
    [{ ...durations, total }, /^custom\.0\.total must not stand beside histogram/],
    [{ ...share, p95: '1s' }, 'custom.0.p95 must stand beside histogram'],
    [{ ...share, margin: '100%' }, 'custom.0.margin must be at most 90% for a share'],
    [{ ...share, bad: 'rate(payments_total[1m])' }, /^custom\.0\.bad /],
    [{ ...share, total: 'payments_total' }, /^custom\.0\.total must contain \$version/],
    [
      { ...durations, histogram: `search_bucket{version="$version"}` },
      /^custom\.0\.histogram must be the histogram's own name/,
    ],
    [{ ...share, slo: '99%' }, /slo/],
  ])('%j is refused', (metric, complaint) => {
    const message = typeof complaint === 'string' ? complaint : expect.stringMatching(complaint);
    expect(said(own(metric))).toContainEqual(message);
  });

  test('are none of the practice service', () => {
    expect(said({ errors: {}, custom: [share] })).toEqual([
      'custom.0.total must be left out: the practice service counts by itself',
      'custom.0.bad must be left out: the practice service counts by itself',
    ]);
  });

  test('are at most eight', () => {
    const nine = Array.from({ length: 9 }, (_, i) => ({ ...share, name: `m${String(i)}` }));
    expect(said(own(...nine))).toEqual([expect.stringMatching(/^custom /)]);
    expect(said(own(...nine.slice(1)))).toEqual([]);
  });
});
