import type { z } from 'zod';
import { createSchema, faultSchema, loadSchema, writeSchema } from '../control.ts';
import type { PlaneRefusal } from '../control.ts';
import { planeMetrics } from './metrics.ts';
import type { Plane, Refused } from './plane.ts';
import { messageOf } from '../system-code.ts';

export type ApiRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The body as text; empty if there was none. */
  readonly body: string;
};

/** `silence`: the connection is closed without an answer after so many ms. */
export type ApiAnswer =
  | { readonly kind: 'json'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'silence'; readonly afterMs: number };

const json = (status: number, body: unknown): ApiAnswer => ({ kind: 'json', status, body });
const done = json(200, {});

/** An error answer that is no refusal by the state of a service: malformed, or no such call. */
export const problem = (status: number, code: PlaneRefusal['code'], message: string): ApiAnswer =>
  json(status, { code, message });

const say = (result: Refused | null): ApiAnswer =>
  result === null ? done : json(result.status, result.refusal);

const parse = <T extends z.ZodType>(
  schema: T,
  text: string,
): { readonly value: z.output<T> } | { readonly problem: ApiAnswer } => {
  let body: unknown;
  try {
    body = text === '' ? {} : JSON.parse(text);
  } catch (error) {
    const why = messageOf(error);
    return { problem: problem(400, 'INVALID', `The body is not JSON: ${why}`) };
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return { value: parsed.data };
  const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || '(body)'}: ${issue.message}`);
  return { problem: problem(400, 'INVALID', issues.join('; ')) };
};

/** Calls about one service; `rest` is what follows `/services/<name>`. */
const serviceCall = async (
  plane: Plane,
  name: string,
  rest: string,
  call: ApiRequest,
): Promise<ApiAnswer> => {
  const found = plane.find(name);
  const what = `${call.method} ${rest}`;
  if (what === 'POST /faults') {
    const fault = parse(faultSchema, call.body);
    return 'problem' in fault ? fault.problem : say(plane.setFault(name, fault.value));
  }
  const unreachableMs = found?.service.faults.unreachableMs() ?? 0;
  if (unreachableMs > 0) return { kind: 'silence', afterMs: unreachableMs };

  if (what === 'PUT ') {
    const wanted = parse(createSchema, call.body);
    if ('problem' in wanted) return wanted.problem;
    const result = await plane.create(name, wanted.value);
    return 'refusal' in result ? say(result) : json(result.created ? 201 : 200, {});
  }
  if (found === null) return say(plane.unknown(name));
  switch (what) {
    case 'GET ':
      return json(200, found.service.view(found.record));
    case 'GET /clients': {
      const since = Number(call.query.get('since') ?? 0);
      return json(200, found.service.clients.read(Number.isFinite(since) ? since : 0));
    }
    case 'GET /readings': {
      const version = call.query.get('version') ?? '';
      const readings = found.service.readings(version);
      const message = `${name} ${JSON.stringify(version)} is not deployed: nothing can be read of it.`;
      return readings === null ? problem(404, 'VERSION_UNKNOWN', message) : json(200, readings);
    }
    case 'GET /history': {
      const [since, every] = [Number(call.query.get('since') ?? 0), Number(call.query.get('every') ?? 1000)];
      if (!Number.isFinite(since) || !Number.isFinite(every))
        return problem(400, 'INVALID', 'since and every are numbers of ms.');
      return json(200, {
        readings: found.service.history.read(call.query.get('version') ?? '', since, every),
      });
    }
    case 'PUT /load': {
      const load = parse(loadSchema, call.body);
      return 'problem' in load ? load.problem : say(await plane.setLoad(name, load.value));
    }
    case 'POST /actions': {
      const write = parse(writeSchema, call.body);
      if ('problem' in write) return write.problem;
      const answer = say(await plane.write(name, write.value));
      const lost = found.service.faults.takeLostAnswer(write.value.action.do);
      return lost ? { kind: 'silence', afterMs: 0 } : answer;
    }
    default:
      return problem(404, 'NOT_FOUND', `There is no call ${call.method} ${call.path}.`);
  }
};

/** Every call of the control API but `/shutdown`, which is the process's own. */
export const answerCall = async (plane: Plane, call: ApiRequest): Promise<ApiAnswer> => {
  const service = /^\/services\/([a-z0-9-]{1,63})(\/[a-z]+)?$/.exec(call.path);
  if (service?.[1] !== undefined) return serviceCall(plane, service[1], service[2] ?? '', call);
  switch (`${call.method} ${call.path}`) {
    case 'GET /health':
      return json(200, plane.health());
    case 'GET /metrics':
      return { kind: 'text', text: planeMetrics(plane) };
    default:
      return problem(404, 'NOT_FOUND', `There is no call ${call.method} ${call.path}.`);
  }
};
