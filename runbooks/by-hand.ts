import type { Action, Runbook } from './runbook.ts';
import type { FlagsBlock } from './flags.ts';
import { flagByHand } from './targets/flag-by-hand.ts';
import { commandByHand, haproxyByHand } from './targets/by-hand-lines.ts';
import type { TargetBlock } from './targets/target-block.ts';

/**
 * What to do by hand when the way back failed: exact shell commands, in their order. `fence` is above everything that
 * the rollout writes itself, so that nothing of it that is late can undo what the person did.
 */
export const byHand = (
  runbook: Pick<Runbook, 'service' | 'environment'>,
  target: TargetBlock | undefined,
  actions: readonly Action[],
  mark: { readonly rolloutId: string; readonly fence: number },
  flags?: FlagsBlock,
): readonly string[] =>
  actions.map((action, i) => {
    const { rolloutId, fence } = mark;
    const key = `${rolloutId}/by-hand/${String(i)}`;
    if (action.do === 'flag') return flagByHand(flags, action, { key, fence: fence + i });
    const place = { service: runbook.service, environment: runbook.environment };
    if (target?.command !== undefined)
      return commandByHand(target.command, place, action, { rolloutId, key, fence: fence + i });
    if (target?.haproxy !== undefined) return haproxyByHand(target.haproxy, place, action);
    // The practice plane wants the manifest's text with it: nothing to type at three in the morning.
    if (action.do === 'deploy') return `sluice rollback ${runbook.service} --to ${action.release.version}`;
    const body = { action, mark: { rolloutId, key, fence: fence + i } };
    return [
      'curl --fail-with-body --unix-socket "$SLUICE_HOME/practice/control.sock"',
      `-H 'content-type: application/json' -d '${JSON.stringify(body)}'`,
      `http://practice/services/${runbook.service}/actions`,
    ].join(' ');
  });
