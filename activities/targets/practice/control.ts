import { z } from 'zod';
import { name, version } from '../../../runbooks/names.ts';

/** Raised when the calls or the state file change so that an older plane can't serve a newer daemon. */
export const planeProtocol = 2;

/** Exit code of a plane whose home already has one (`EX_TEMPFAIL`). */
export const homeOwnedExit = 75;

/** Upper bounds of the latency buckets, in seconds; the last bucket, `+Inf`, is implied. */
export const latencyBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5] as const;

const ms = z.number().min(0);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits');
const release = z.strictObject({ version, digest });

/** Wanted number of instances of one version. */
export const instances = z.int().min(0).max(50);

export const actionSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('deploy'), release, instances: instances.min(1).optional() }),
  z.strictObject({ do: z.literal('shift'), weights: z.record(version, z.int().min(0).max(100)) }),
  z.strictObject({ do: z.literal('promote'), version }),
  z.strictObject({ do: z.literal('retire'), version }),
  z.strictObject({
    do: z.literal('scale'),
    version,
    instances,
    downtime: z.literal(true).optional(),
  }),
]);

export const actionKinds = ['deploy', 'shift', 'promote', 'retire', 'scale'] as const;

export const markSchema = z.strictObject({
  rolloutId: z.string().min(1).max(200),
  key: z.string().min(1).max(500),
  fence: z.int().min(1),
});

/** Body of POST /services/:s/actions. */
export const writeSchema = z.strictObject({
  action: actionSchema,
  mark: markSchema,
  artifact: z.strictObject({ digest, text: z.string().max(100_000) }).optional(),
});
export type Write = z.output<typeof writeSchema>;

/**
 * Generated traffic: `rate` requests per second arriving independently of the answers (Poisson), `posts` the share
 * of them that are POSTs, `seed` for the same arrivals in every run.
 */
export const loadSchema = z.strictObject({
  rate: z.number().min(0).max(2000),
  posts: z.number().min(0).max(1).default(0.1),
  seed: z.int().min(0).max(0xffff_ffff).optional(),
});
export type Load = z.output<typeof loadSchema>;

/** Body of PUT /services/:s. Without `port` the plane chooses one and keeps it for good. */
export const createSchema = z.strictObject({
  port: z.int().min(1).max(65_535).optional(),
  load: loadSchema.optional(),
});
export type Create = z.output<typeof createSchema>;

/**
 * Body of POST /services/:s/faults, each for tests and drills; 0 ends it.
 * - `unreachableMs`: calls about this service are swallowed: nothing is done, nothing is answered.
 * - `delayNextWriteMs`: the next write (of that action) is held before it is judged and applied.
 * - `loseNextAnswers`: so many of the next writes are carried out, but the answer never comes.
 * - `failing`: that share of what the version answers to its clients is an error.
 */
export const faultSchema = z.union([
  z.strictObject({ unreachableMs: ms.max(3_600_000) }),
  z.strictObject({ delayNextWriteMs: ms.max(600_000), action: z.enum(actionKinds).optional() }),
  z.strictObject({ loseNextAnswers: z.int().min(0).max(100), action: z.enum(actionKinds).optional() }),
  z.strictObject({ failing: z.number().min(0).max(1), version }),
]);
export type Fault = z.output<typeof faultSchema>;

/** Answer to GET /health. */
export const healthSchema = z.object({
  protocol: z.number(),
  pid: z.number(),
  startedMs: ms,
  /** It answers still, but not for long. */
  stopping: z.boolean(),
  services: z.array(name),
});
export type PlaneHealth = z.output<typeof healthSchema>;

export const stateSchema = z.object({
  groups: z.array(z.object({ version, digest, instances: z.number(), ready: z.number() })),
  weights: z.record(version, z.number()),
  stable: version.nullable(),
  fence: z.number(),
});

/** Answer to GET /services/:s. */
export const serviceViewSchema = z.object({
  service: name,
  state: stateSchema,
  proxy: z.string(),
  load: loadSchema.nullable(),
  instances: z.array(
    z.object({
      id: z.string(),
      version,
      pid: z.number().nullable(),
      address: z.string().nullable(),
      ready: z.boolean(),
      restarts: z.number(),
      startedMs: ms,
    }),
  ),
});
export type ServiceView = z.output<typeof serviceViewSchema>;

/** Answer to GET /services/:s/readings?version=V: cumulative counters of each instance since its own start. */
export const readingsSchema = z.object({
  atMs: ms,
  instances: z.array(
    z.object({
      id: z.string(),
      startedMs: ms,
      requests: z.number(),
      errors: z.number(),
      restarts: z.number(),
      latency: z.object({
        le: z.array(z.union([z.number(), z.literal('+Inf')])),
        count: z.array(z.number()),
      }),
      gauges: z.record(z.string(), z.number()),
    }),
  ),
});
export type Readings = z.output<typeof readingsSchema>;

/** Answer to GET /services/:s/history?version=V&since=MS&every=MS: at most the last half hour, in order. */
export const historySchema = z.object({ readings: z.array(readingsSchema).max(2000) });

/**
 * Answer to GET /services/:s/clients: what the generator's clients saw, per second in which they asked, and per
 * version that answered (`none`: no version did).
 */
export const clientsSchema = z.object({
  seconds: z.array(
    z.object({
      second: z.number(),
      served: z.record(z.string(), z.object({ ok: z.number(), error: z.number() })),
    }),
  ),
});
export type ClientSeconds = z.output<typeof clientsSchema>;

export const refusalCodes = [
  'FENCED',
  'REFUSED',
  'ARTIFACT_CHANGED',
  'ARTIFACT_INVALID',
  'SERVICE_UNKNOWN',
  'VERSION_UNKNOWN',
  'INVALID',
  'NOT_FOUND',
  'INTERNAL',
] as const;

/** Body of every answer that is not 2xx. */
export const refusalSchema = z.object({
  code: z.enum(refusalCodes),
  message: z.string(),
  mend: z.string().optional(),
});
export type PlaneRefusal = z.output<typeof refusalSchema>;
