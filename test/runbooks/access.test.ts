import { describe, expect, test } from '@jest/globals';
import type { Actor, ActorVia } from '../../runbooks/access.ts';
import { maySay, refuseActor } from '../../runbooks/access.ts';
import type { AccessBlock } from '../../runbooks/service.ts';
import { accessVerbs } from '../../runbooks/service.ts';
import { commands } from '../../runbooks/state.ts';

const actor = (via: ActorVia, ...groups: readonly string[]): Actor => ({ id: 'a1', via, groups });
const access: AccessBlock = { deploy: ['team'], rollback: ['team', 'on-call'], answer: ['on-call'] };

describe('who may say what', () => {
  test.each(accessVerbs)('the operator and the system may %s without a row', (verb) => {
    expect(maySay({}, actor('operator'), verb)).toBe(true);
    expect(maySay({}, actor('system'), verb)).toBe(true);
  });

  test.each(['token', 'slack', 'ci', 'console'] as const)('over %s only the groups in the row may', (via) => {
    expect(maySay(access, actor(via, 'team'), 'deploy')).toBe(true);
    expect(maySay(access, actor(via, 'other', 'on-call'), 'rollback')).toBe(true);
    expect(maySay(access, actor(via, 'on-call'), 'deploy')).toBe(false);
    expect(maySay(access, actor(via, 'team'), 'abort')).toBe(false);
    expect(maySay(access, actor(via), 'deploy')).toBe(false);
  });

  test.each(commands)('%s is allowed to the operator, and refused to others with who may', (command) => {
    expect(refuseActor(access, actor('operator'), command)).toBeNull();
    const refusal = refuseActor(access, actor('slack', 'visitors'), command);
    expect(refusal).toContain(`Can not ${command}: only `);
    expect(refusal).toContain('operator');
  });

  test('a retry of the way back asks for what a rollback asks for', () => {
    expect(refuseActor(access, actor('slack', 'on-call'), 'retry')).toBeNull();
    expect(refuseActor(access, actor('slack', 'team'), 'accept')).toBe(
      'Can not accept: only on-call or the operator may answer here.',
    );
  });
});
