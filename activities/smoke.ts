import { Context } from '@temporalio/activity';
import { SluiceError } from '../runbooks/errors.ts';
import { differsAt, fill, fillJson, valueAt } from '../runbooks/smoke-flow.ts';
import type { SmokeCheck } from '../runbooks/service.ts';
import type { SmokeInput } from '../workflows/contract.ts';
import type { Deps } from './deps.ts';

const tries = 3;
const betweenMs = 500;
const bodyLimit = 64 * 1024;
/** Characters of an answer that a sentence quotes. */
const shown = 120;

/**
 * Runs the smoke tests, in their order, against an instance of the version itself, past the traffic split. Reads only.
 * A test that fails is tried three times in all before it counts.
 * @returns what was tested, for people. @throws SluiceError SMOKE_FAILED, TARGET_UNAVAILABLE
 */
export const makeSmoke =
  ({ target }: Deps) =>
  async ({ place, file, version, checks }: SmokeInput): Promise<string> => {
    const context = Context.current();
    const address = await target(file, place).address(place.service, version, context.cancellationSignal);
    const captured = new Map<string, string>();
    for (const check of checks) {
      let problem: string | null = null;
      for (let attempt = 0; attempt < tries; attempt += 1) {
        context.heartbeat();
        if (attempt > 0) await context.sleep(betweenMs);
        problem = await tryCheck(address, check, context.cancellationSignal, captured);
        if (problem === null) break;
      }
      if (problem !== null) throw failed(version, check, problem);
    }
    return `${String(checks.length)} smoke ${checks.length === 1 ? 'test' : 'tests'} passed`;
  };

/** `null`, or what was wrong. What the answer is to give later tests is put into `captured`. */
export const tryCheck = async (
  address: string,
  { http }: SmokeCheck,
  signal: AbortSignal,
  captured: Map<string, string>,
): Promise<string | null> => {
  const timeout = AbortSignal.timeout(http.within);
  try {
    const response = await fetch(new URL(fill(http.path, captured, encodeURIComponent), address), {
      method: http.method,
      redirect: 'manual',
      headers: headersOf(http, captured),
      signal: AbortSignal.any([signal, timeout]),
      ...(http.json === undefined ? {} : { body: JSON.stringify(fillJson(http.json, captured)) }),
    });
    const body = (await response.text()).slice(0, bodyLimit);
    if (response.status !== http.expect.status) {
      return `answered ${String(response.status)}, expected ${String(http.expect.status)}`;
    }
    return unlike(http, response.headers, body) ?? capture(http, response.headers, body, captured);
  } catch (error) {
    if (timeout.aborted) return `no answer within ${String(http.within)} ms`;
    signal.throwIfAborted();
    // fetch hides the reason (connection refused, reset) in the cause.
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    return `no answer: ${cause}`;
  }
};

type Http = SmokeCheck['http'];

const headersOf = (
  { json, headers = {} }: Http,
  captured: ReadonlyMap<string, string>,
): Readonly<Record<string, string>> => ({
  ...(json === undefined ? {} : { 'content-type': 'application/json' }),
  ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value, captured)])),
});

/** Where the answer is not as the test expects it. */
const unlike = ({ expect }: Http, headers: Headers, body: string): string | null => {
  for (const [name, text] of Object.entries(expect.headers ?? {})) {
    const value = headers.get(name);
    if (value?.includes(text) === true) continue;
    const found = value === null ? 'is missing' : `is ${JSON.stringify(value.slice(0, shown))}`;
    return `its header ${name} ${found}, expected ${JSON.stringify(text)}`;
  }
  if (expect.body !== undefined && !body.includes(expect.body)) {
    return `its body does not contain ${JSON.stringify(expect.body)}`;
  }
  if (expect.json === undefined) return null;
  const parsed = parse(body);
  if (parsed === undefined) return 'its body is no JSON';
  const place = differsAt(expect.json, parsed);
  if (place === null) return null;
  const found = place === 'it' ? parsed : valueAt(parsed, place);
  const wanted = place === 'it' ? expect.json : valueAt(expect.json, place);
  return `in its JSON ${place} is ${say(found)}, expected ${say(wanted)}`;
};

const capture = (
  { capture: wanted = {} }: Http,
  headers: Headers,
  body: string,
  captured: Map<string, string>,
): string | null => {
  for (const [name, from] of Object.entries(wanted)) {
    const value =
      from.header === undefined ? valueAt(parse(body), from.json ?? '') : headers.get(from.header);
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      return `it has no ${from.header === undefined ? `value at ${from.json ?? ''} in its JSON` : `header ${from.header}`} to capture as ${name}`;
    }
    captured.set(name, String(value));
  }
  return null;
};

const parse = (body: string): unknown => {
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

const say = (value: unknown): string =>
  value === undefined ? 'missing' : (JSON.stringify(value) ?? '').slice(0, shown);

const failed = (version: string, { http }: SmokeCheck, problem: string): SluiceError =>
  new SluiceError({
    code: 'SMOKE_FAILED',
    message: `${http.method} ${http.path} of ${version}: ${problem} (${String(tries)} tries).`,
  });
