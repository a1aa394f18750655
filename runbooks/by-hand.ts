import type { Action, Runbook } from './runbook.ts';

/**
 * What to do by hand when the way back failed: exact shell commands, in their order. `fence` is above everything that
 * the rollout writes itself, so that nothing of it that is late can undo what the person did.
 */
export const byHand = (
  runbook: Pick<Runbook, 'service'>,
  actions: readonly Action[],
  mark: { readonly rolloutId: string; readonly fence: number },
): readonly string[] =>
  actions.map((action, i) => {
    // The practice plane wants the manifest's text with it: nothing to type at three in the morning.
    if (action.do === 'deploy') return `sluice rollback ${runbook.service} --to ${action.release.version}`;
    const { rolloutId, fence } = mark;
    const body = { action, mark: { rolloutId, key: `${rolloutId}/by-hand/${String(i)}`, fence: fence + i } };
    return [
      'curl --fail-with-body --unix-socket "$SLUICE_HOME/practice/control.sock"',
      `-H 'content-type: application/json' -d '${JSON.stringify(body)}'`,
      `http://practice/services/${runbook.service}/actions`,
    ].join(' ');
  });
