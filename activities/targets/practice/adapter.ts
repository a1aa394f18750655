import { join } from 'node:path';
import { SluiceError } from '../../../runbooks/errors.ts';
import type { ErrorCode } from '../../../runbooks/errors.ts';
import type { TargetAction, TargetState } from '../../../runbooks/runbook.ts';
import type { InstanceReading } from '../../../src/gates/reading.ts';
import type { Target, TimedReading, WriteMark } from '../target.ts';
import { callPlane, parseAnswer } from './control-client.ts';
import type { PlaneAnswer, PlaneCall } from './control-client.ts';
import { historySchema, readingsSchema, refusalSchema, serviceViewSchema } from './control.ts';
import type { PlaneRefusal, Readings, ServiceView } from './control.ts';

/** How the plane's refusals are told to the rest of Sluice. */
const codes = {
  FENCED: 'TARGET_FENCED',
  REFUSED: 'TARGET_REFUSED',
  ARTIFACT_CHANGED: 'ARTIFACT_CHANGED',
  ARTIFACT_INVALID: 'ARTIFACT_INVALID',
  SERVICE_UNKNOWN: 'TARGET_REFUSED',
  VERSION_UNKNOWN: 'TARGET_REFUSED',
  INVALID: 'TARGET_REFUSED',
  NOT_FOUND: 'TARGET_REFUSED',
  INTERNAL: 'TARGET_UNAVAILABLE',
} as const satisfies Readonly<Record<PlaneRefusal['code'], ErrorCode>>;

const refused = (answer: PlaneAnswer, service: string): SluiceError => {
  const refusal = parseAnswer(refusalSchema, answer.body);
  return new SluiceError({
    code: codes[refusal.code],
    message: refusal.message,
    ...(refusal.mend === undefined ? {} : { hint: refusal.mend }),
    details: { target: 'practice', service, reason: refusal.code, status: answer.status },
  });
};

const servicePath = (service: string): string => `/services/${encodeURIComponent(service)}`;

const instanceReading = (instance: Readings['instances'][number], atMs: number): InstanceReading => ({
  id: instance.id,
  requests: instance.requests,
  errors: instance.errors,
  started: (instance.startedMs - atMs) / 1000,
  restarts: instance.restarts,
  latency: instance.latency,
  gauges: instance.gauges,
});

const armReading = ({ atMs, instances }: Readings): TimedReading => ({
  at: atMs,
  arm: { at: 0, instances: instances.map((instance) => instanceReading(instance, atMs)) },
});

export type PracticeOptions = {
  /** How long one call may take, in ms (2,000). */
  readonly timeoutMs?: number;
};

/**
 * The practice service whose plane lives in the folder `home`. No call is retried here.
 *
 * `read` puts the reading's own moment at 0 on the watch's clock: `arm.at` is 0 and `started` is the age of each
 * instance as a negative number of seconds. The caller, who alone knows the watch's clock, adds the same number of
 * seconds to both. Counters come from the proxy in front: its own health checks and smoke tests are not in them.
 *
 * Errors beyond those of `Target`: a service or version that the plane doesn't know is TARGET_REFUSED, except for
 * `observe`, which answers with an empty state; `address` of a group without a ready instance is TARGET_UNAVAILABLE.
 */
export const practiceTarget = (home: string, options: PracticeOptions = {}): Target => {
  const timeout = options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs };
  const call = (rest: PlaneCall): Promise<PlaneAnswer> => callPlane(home, { ...timeout, ...rest });

  const view = async (service: string, signal: AbortSignal | undefined): Promise<ServiceView | null> => {
    const answer = await call({ method: 'GET', path: servicePath(service), signal });
    if (answer.status === 200) return parseAnswer(serviceViewSchema, answer.body);
    const error = refused(answer, service);
    if (error.details?.['reason'] === 'SERVICE_UNKNOWN') return null;
    throw error;
  };

  return {
    wayBackFile: (service) => join(home, 'way-back', `${service}.json`),

    async observe(service, signal): Promise<TargetState> {
      const seen = await view(service, signal);
      return seen?.state ?? { groups: [], weights: {}, stable: null, fence: 0 };
    },

    async apply(service, action: TargetAction, mark: WriteMark, artifact, signal): Promise<void> {
      const answer = await call({
        method: 'POST',
        path: `${servicePath(service)}/actions`,
        body: { action, mark, ...(artifact === undefined ? {} : { artifact }) },
        signal,
      });
      if (answer.status !== 200) throw refused(answer, service);
    },

    async address(service, version, signal): Promise<string> {
      const seen = await view(service, signal);
      const group = seen?.instances.filter((instance) => instance.version === version) ?? [];
      const address = group.find((instance) => instance.ready)?.address;
      if (typeof address === 'string') return address;
      const details = { target: 'practice', service, version };
      if (group.length === 0) {
        const message = `No instances of ${service} ${version} have been deployed.`;
        throw new SluiceError({
          code: 'TARGET_REFUSED',
          message,
          hint: 'Deploy the version first.',
          details,
        });
      }
      const message = `None of the ${String(group.length)} instances of ${service} ${version} is ready.`;
      throw new SluiceError({ code: 'TARGET_UNAVAILABLE', message, details });
    },

    async read(service, version, signal) {
      const path = `${servicePath(service)}/readings?version=${encodeURIComponent(version)}`;
      const answer = await call({ method: 'GET', path, signal });
      if (answer.status !== 200) throw refused(answer, service);
      return armReading(parseAnswer(readingsSchema, answer.body));
    },

    async history(service, version, sinceMs, everyMs, signal) {
      const query = `version=${encodeURIComponent(version)}&since=${String(sinceMs)}&every=${String(everyMs)}`;
      const answer = await call({ method: 'GET', path: `${servicePath(service)}/history?${query}`, signal });
      if (answer.status !== 200) throw refused(answer, service);
      return parseAnswer(historySchema, answer.body).readings.map(armReading);
    },
  };
};
