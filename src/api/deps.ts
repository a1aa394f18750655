import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { AccessSource } from '../access/source.ts';
import type { Paging } from '../pagerduty/paging.ts';
import type { Rollouts } from '../rollouts/facade.ts';
import type { SlackHook } from '../slack/http.ts';
import type { Recordings } from '../store/recordings.ts';
import type { Ledger } from '../store/ledger.ts';
import type { DoctorReport, Readiness } from './health.ts';

/** Everything that the API stands on; it holds no state of its own. */
export type ApiDeps = {
  readonly rollouts: Rollouts;
  readonly ledger: Ledger;
  readonly recordings: Pick<Recordings, 'get'>;
  /** What comes from PagerDuty, and by which secrets it is known. */
  readonly paging: Paging;
  /** Who answers Slack; left out or `null`: its requests are not taken. */
  readonly slack?: SlackHook | null;
  /** The operator's bearer token. */
  readonly token: string;
  /** Who else is known; absent: nobody. */
  readonly access?: AccessSource;
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
