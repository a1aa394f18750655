import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Rollouts } from '../rollouts/facade.ts';
import type { Ledger } from '../store/ledger.ts';
import type { DoctorReport, Readiness } from './health.ts';

/** Everything that the API stands on; it holds no state of its own. */
export type ApiDeps = {
  readonly rollouts: Rollouts;
  readonly ledger: Ledger;
  /** The operator's bearer token. */
  readonly token: string;
  /** Of Sluice, for the OpenAPI document. */
  readonly version: string;
  ready(): Promise<Readiness>;
  doctor(): Promise<DoctorReport>;
  readonly log: FastifyBaseLogger;
  /** Host names besides localhost, 127.0.0.1 and [::1] that a request may name. */
  readonly hosts?: readonly string[];
};

/** Fastify with handlers typed by the zod schemas of their routes. */
export type ZodApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;
