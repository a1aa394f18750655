import { Context } from '@temporalio/activity';
import { SluiceError } from '../runbooks/errors.ts';
import type { SmokeCheck } from '../runbooks/service.ts';
import type { SmokeInput } from '../workflows/contract.ts';
import type { Deps } from './deps.ts';

const tries = 3;
const betweenMs = 500;
const bodyLimit = 64 * 1024;

/**
 * Runs the smoke tests against an instance of the version itself, past the traffic split. Reads only.
 * A test that fails is tried three times in all before it counts.
 * @returns what was tested, for people. @throws SluiceError SMOKE_FAILED, TARGET_UNAVAILABLE
 */
export const makeSmoke =
  ({ target }: Deps) =>
  async ({ place, file, version, checks }: SmokeInput): Promise<string> => {
    const context = Context.current();
    const address = await target(file, place).address(place.service, version, context.cancellationSignal);
    for (const check of checks) {
      let problem: string | null = null;
      for (let attempt = 0; attempt < tries; attempt += 1) {
        context.heartbeat();
        if (attempt > 0) await context.sleep(betweenMs);
        problem = await tryCheck(address, check, context.cancellationSignal);
        if (problem === null) break;
      }
      if (problem !== null) throw failed(version, check, problem);
    }
    return `${String(checks.length)} smoke ${checks.length === 1 ? 'test' : 'tests'} passed`;
  };

/** `null`, or what was wrong. */
export const tryCheck = async (
  address: string,
  { http }: SmokeCheck,
  signal: AbortSignal,
): Promise<string | null> => {
  const timeout = AbortSignal.timeout(http.within);
  try {
    const response = await fetch(new URL(http.path, address), {
      method: http.method,
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout]),
      ...(http.json === undefined
        ? {}
        : { body: JSON.stringify(http.json), headers: { 'content-type': 'application/json' } }),
    });
    const body = (await response.text()).slice(0, bodyLimit);
    if (response.status !== http.expect.status) {
      return `answered ${String(response.status)}, expected ${String(http.expect.status)}`;
    }
    if (http.expect.body !== undefined && !body.includes(http.expect.body)) {
      return `its body does not contain ${JSON.stringify(http.expect.body)}`;
    }
    return null;
  } catch (error) {
    if (timeout.aborted) return `no answer within ${String(http.within)} ms`;
    signal.throwIfAborted();
    // fetch hides the reason (connection refused, reset) in the cause.
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    return `no answer: ${cause}`;
  }
};

const failed = (version: string, { http }: SmokeCheck, problem: string): SluiceError =>
  new SluiceError({
    code: 'SMOKE_FAILED',
    message: `${http.method} ${http.path} of ${version}: ${problem} (${String(tries)} tries).`,
  });
