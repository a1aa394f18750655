import { Context } from '@temporalio/activity';
import { SluiceError } from '../runbooks/errors.ts';
import { sayDuration, sayPercent } from '../runbooks/units.ts';
import type { ArmCounts } from '../runbooks/verdict.ts';
import type { VerifyInput } from '../workflows/contract.ts';
import { difference, noCounts } from '../src/gates/difference.ts';
import type { Deps } from './deps.ts';
import { readArm } from './metrics/arm.ts';
import type { MetricsSource } from './metrics/source.ts';
import { sourceAt } from './metrics/source.ts';
import { firstStart } from './ready.ts';
import { tryCheck } from './smoke.ts';

/** Requests that must have been seen before "recovered" may be said. */
const enough = 20;

/**
 * After a way back: the digest observed, all traffic on it, smoke tests green, and at least 20 requests with errors
 * at or below the limit. Not reached within `withinMs`: it is not the release. Reads only; a retry keeps the deadline.
 */
export const makeVerify =
  (deps: Deps) =>
  async (input: VerifyInput): Promise<{ readonly recovered: boolean; readonly sentence: string }> => {
    const { target, clock } = deps;
    const context = Context.current();
    const deadline = firstStart(context) + input.withinMs;
    const source = sourceAt(deps, input.file, input.place);
    let start = await read(source, input);
    for (;;) {
      context.heartbeat();
      const missing = await whatIsMissing(input, target, context.cancellationSignal);
      const now = await read(source, input);
      // Not answered before: the count begins with the first answer.
      start ??= now;
      const counts = since(start, now);
      const rate = counts.requests === 0 ? 0 : counts.errors / counts.requests;
      if (missing === null && counts.requests >= enough && rate <= input.gates.errors.max) {
        return {
          recovered: true,
          sentence: `${input.release.version} is healthy again: ${say(counts)} failed, smoke tests passed, digest as planned.`,
        };
      }
      if (clock() >= deadline) {
        const why =
          missing ??
          (counts.requests < enough
            ? `only ${String(counts.requests)} requests were seen`
            : `${say(counts)} failed (limit ${sayPercent(input.gates.errors.max)})`);
        return {
          recovered: false,
          sentence: `${input.release.version} has not recovered within ${sayDuration(input.withinMs)}: ${why}. It is not the release alone.`,
        };
      }
      // Errors from before the recovery must not hide it: a window that is over the limit is begun anew.
      if (counts.requests >= 10 * enough && rate > input.gates.errors.max) start = now;
      await context.sleep(Math.min(input.gates.every, 1000));
    }
  };

type Start = Awaited<ReturnType<typeof readArm>>['arm'];

const read = async (source: MetricsSource, { release }: VerifyInput): Promise<Start> =>
  (await readArm(source, release.version, 0)).arm;

const since = (start: Start, now: Start): ArmCounts =>
  start === null || now === null ? noCounts : difference(start, now);

const whatIsMissing = async (
  { file, place, release, smoke }: VerifyInput,
  targetOf: Deps['target'],
  signal: AbortSignal,
): Promise<string | null> => {
  const target = targetOf(file, place);
  try {
    const state = await target.observe(place.service, signal);
    const group = state.groups.find(({ version }) => version === release.version);
    if (group === undefined) return `${release.version} is not there`;
    if (group.digest !== release.digest)
      return `what runs is ${group.digest.slice(0, 19)}…, not what was deployed`;
    if (state.weights[release.version] !== 100)
      return `it has ${String(state.weights[release.version] ?? 0)} % of the traffic`;
    const address = await target.address(place.service, release.version, signal);
    const captured = new Map<string, string>();
    for (const check of smoke) {
      const problem = await tryCheck(address, check, signal, captured);
      if (problem !== null) return `smoke test ${check.http.method} ${check.http.path} ${problem}`;
    }
    return null;
  } catch (error) {
    if (error instanceof SluiceError) return error.message;
    throw error;
  }
};

const say = (counts: ArmCounts): string => `${String(counts.errors)} of ${String(counts.requests)} requests`;
