import { z } from 'zod';
import { plainText } from '../names.ts';
import { duration } from '../units.ts';
import { argvSchema, programShape, programWithin } from './program-block.ts';

const minute = 60_000;

/** HAProxy's own rule for names of backends. */
const proxyName = z
  .string()
  .regex(/^[A-Za-z0-9_.:-]{1,100}$/, 'must be the name of a backend: letters, digits, and any of _ . : -');

/** What `start` and `stop` may be told. */
export const instancePlaceholders = [
  ...(['service', 'environment', 'version', 'digest'] as const),
  ...(['artifact', 'image', 'instance', 'index'] as const),
] as const;

/** A service behind one backend of a HAProxy of this machine. Source: docs/targets.md. */
export const haproxyBlock = z
  .strictObject({
    socket: plainText(500).describe('the stats socket (level admin); relative to this file'),
    backend: proxyName.describe('the backend, whose servers are all left to Sluice'),
    state: plainText(500).describe('folder of what Sluice remembers of the backend; relative to this file'),
    instances: z
      .int()
      .min(1)
      .max(100)
      .prefault(1)
      .describe('instances of a version, unless the strategy says how many'),
    start: argvSchema(instancePlaceholders).describe(
      'starts one instance, or finds it running; its last line is {"address": "IP:PORT", "digest": "sha256:…"}',
    ),
    stop: argvSchema(instancePlaceholders).describe(
      'ends one instance after its requests; no fault if there is none; its last line is {"ok": true}',
    ),
    ready: z
      .strictObject({
        path: plainText(500)
          .regex(/^\/[^\s#]*$/, 'must be a path, such as /healthz')
          .prefault('/healthz')
          .describe('path that is asked'),
        within: duration(50, minute).prefault('1s').describe('how long an instance may take to answer'),
        digest: z
          .string()
          .regex(/^[A-Za-z0-9-]{1,100}$/, 'must be the name of a header')
          .optional()
          .describe(
            'header of that answer that names the digest which runs; else what start said of it counts',
          ),
      })
      .prefault({})
      .describe('answers 2xx where an instance may have traffic'),
    within: programWithin.prefault('10s').describe('how long one start or stop may take'),
    drain: duration(0, 10 * minute)
      .prefault('10s')
      .describe('how long requests under way may take before their instance is stopped all the same'),
    ...programShape,
  })
  .describe('servers of one HAProxy backend, driven by its runtime socket');

export type HaproxyBlock = z.output<typeof haproxyBlock>;
