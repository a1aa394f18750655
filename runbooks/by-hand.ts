import type { Action, Runbook } from './runbook.ts';

/** One action as a person would have to do it, when Sluice can not: shell commands for the practice target. */
const commandOf = (service: string, action: Action): string => {
  const call = (body: unknown): string =>
    `curl --unix-socket "$SLUICE_HOME/practice/control.sock" -X POST http://practice/services/${service}/by-hand ` +
    `-H 'content-type: application/json' -d '${JSON.stringify(body)}'`;
  return call(action);
};

/** What to do by hand when the way back failed: exact commands, in their order. */
export const byHand = (runbook: Pick<Runbook, 'service'>, actions: readonly Action[]): readonly string[] =>
  actions.map((action) => commandOf(runbook.service, action));
