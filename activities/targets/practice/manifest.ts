import { z } from 'zod';
import { name, version } from '../../../runbooks/names.ts';
import { messageOf } from './system-code.ts';

const hourMs = 3_600_000;
const share = z.number().min(0).max(1);

const latencySchema = z
  .strictObject({
    medianMs: z.number().positive().max(10_000),
    p95Ms: z.number().positive().max(10_000),
  })
  .refine(({ medianMs, p95Ms }) => p95Ms >= medianMs, {
    path: ['p95Ms'],
    message: 'must not be below medianMs',
  });

const driftSchema = z
  .strictObject({
    fromMs: z.number().min(0).max(hourMs),
    toMs: z.number().min(0).max(hourMs),
    errorRate: share.optional(),
    latencyFactor: z.number().min(0.1).max(100).optional(),
  })
  .refine(({ fromMs, toMs }) => toMs > fromMs, { path: ['toMs'], message: 'must be above fromMs' });

const routeKey = z
  .string()
  .regex(
    /^(?:(?:GET|HEAD|POST|PUT|DELETE) )?\/[^\s?#]{0,500}$/,
    'must be a path such as "/api/cart", with a method before it if only that one is meant',
  );

/**
 * Manifest of one release of a practice service: how each of its instances behaves. Times are in ms and, for
 * `crash.afterMs` and `drift`, count from the start of the instance's process; rates are shares from 0 to 1.
 *
 * - `latency`: log-normal, given by its median and 95th percentile.
 * - `readyAfterMs`: when `/healthz` begins to say 200; `"never"` for a release that doesn't come up.
 * - `crash`: the process exits after a time, or with a probability per request.
 * - `drift`: error rate and latency move in a straight line from their own values to the ones given here (a factor
 *   for latency) between `fromMs` and `toMs`, and stay there: a regression that creeps in.
 * - `routes`: fixed answers of single paths, for failing smoke tests.
 * - `cpu` (share of a core) and `memory` (bytes): what the instance claims in its gauges.
 * - `seed`: makes errors, latencies and crashes the same in every run.
 */
export const manifestSchema = z.strictObject({
  service: name,
  version,
  instances: z.int().min(1).max(8).default(1),
  errorRate: share.default(0),
  latency: latencySchema.prefault({ medianMs: 12, p95Ms: 40 }),
  readyAfterMs: z.union([z.literal('never'), z.int().min(0).max(hourMs)]).default(0),
  crash: z
    .union([z.strictObject({ afterMs: z.int().min(0).max(hourMs) }), z.strictObject({ perRequest: share })])
    .optional(),
  drift: driftSchema.optional(),
  routes: z
    .record(routeKey, z.strictObject({ status: z.int().min(200).max(599), body: z.json().optional() }))
    .default({}),
  cpu: z.number().min(0).max(1000).optional(),
  memory: z.number().min(0).max(1e15).optional(),
  seed: z.int().min(0).max(0xffff_ffff).optional(),
});

export type Manifest = z.output<typeof manifestSchema>;

export type ParsedManifest =
  | { readonly ok: true; readonly manifest: Manifest }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Largest manifest that is accepted, in bytes. */
export const manifestLimit = 64 * 1024;

/** Every problem of a manifest's text, each with its path; never throws. */
export const parseManifest = (text: string): ParsedManifest => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { ok: false, problems: [`not JSON: ${messageOf(error)}`] };
  }
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return { ok: true, manifest: parsed.data };
  return {
    ok: false,
    problems: parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || '(whole file)'}: ${issue.message}`,
    ),
  };
};
