import type { Action } from '../runbook.ts';
import type { TargetBlock } from './target-block.ts';

/** The target of a runbook's environment, as its service file has it. */
export const targetOf = (
  { environments }: { readonly environments: Readonly<Record<string, { readonly target: TargetBlock }>> },
  { environment }: { readonly environment: string },
): TargetBlock | undefined =>
  Object.hasOwn(environments, environment) ? environments[environment]?.target : undefined;

/** What an attempt needs beyond its programs, in ms. */
const aroundMs = 5_000;

/**
 * How long one attempt at a write may take, in ms: longer than usual where programs of the service file run in it. After
 * that a dead worker's write is tried again, and nothing of it can land any more.
 */
export const writeMsOf = (target: TargetBlock | undefined, action: Action, usualMs: number): number => {
  const { haproxy, command } = target ?? {};
  if (command !== undefined) return Math.max(usualMs, command.within + aroundMs);
  if (haproxy === undefined || action.do === 'shift' || action.do === 'promote') return usualMs;
  return Math.max(usualMs, haproxy.within + haproxy.drain + aroundMs);
};
