import { describe, expect, test } from '@jest/globals';
import type { RolloutState } from '../../../runbooks/state.ts';
import { states } from '../../../runbooks/state.ts';
import { shots } from '../../../tools/slack-shots/scenes.ts';

/** The rows of the design's table, with what stands on their buttons. A new state has no row, and does not compile. */
const rows: Readonly<Record<RolloutState, readonly string[]>> = {
  requested: ['Abort…'],
  queued: ['Abort…'],
  planning: ['Abort…'],
  'awaiting-approval': ['Approve', 'Deny…'],
  deploying: ['Hold', 'Abort and roll back…'],
  ramping: ['Hold', 'Abort and roll back…'],
  watching: ['Hold', 'Promote now…', 'Abort and roll back…'],
  // What its file adds, which is the default here.
  inconclusive: ['Extend 15 min', 'Roll back…', 'Accept…'],
  held: ['Resume', 'Roll back…'],
  frozen: ['Hold', 'Roll back…'],
  'rolling-back': ['Page on-call'],
  'rollback-failed': ['Retry rollback', 'Take over'],
  succeeded: ['Roll back…'],
  'rolled-back': ['Retry…', 'Lift quarantine…'],
  aborted: ['Retry…'],
  denied: ['Retry…'],
  expired: ['Retry…'],
  refused: ['Override…', 'Retry…'],
  superseded: ['Retry…'],
  'rolled-back-by-hand': ['Retry…'],
};

describe('the message has the buttons of its row, and no others', () => {
  const shown = new Map(shots().map(({ state, message }) => [state, message]));
  test.each(states)('%s', (state) => {
    const message = shown.get(state);
    expect(message).toMatchSnapshot();
    const labels = (message?.blocks ?? []).flatMap((block) =>
      block.type === 'actions'
        ? block.elements.flatMap((each) => (each.type === 'button' ? [each.text.text] : []))
        : [],
    );
    expect(labels).toEqual(rows[state]);
  });
});

test('what has not begun is aborted without a word of traffic', () => {
  for (const { state, message } of shots()) {
    if (state !== 'requested' && state !== 'queued' && state !== 'planning') continue;
    expect(JSON.stringify(message.blocks)).toContain('will not be rolled out');
    expect(JSON.stringify(message.blocks)).not.toContain('all traffic goes');
  }
});
