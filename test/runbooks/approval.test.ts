import { describe, expect, test } from '@jest/globals';
import type { Actor, ActorVia } from '../../runbooks/access.ts';
import type { ApprovalPlan } from '../../runbooks/approval.ts';
import { approvalSchema, refuseAnswer, sayApproval } from '../../runbooks/approval.ts';
import { playbook } from '../../runbooks/playbook.ts';
import type { ServiceFile } from '../../runbooks/service.ts';
import { makeRequest, makeService, planned } from './make.ts';

const hour = 3_600_000;
const plan: ApprovalPlan = { by: ['managers', 'on-call'], count: 2, expiresMs: 4 * hour, self: false };
const who = (id: string, via: ActorVia, ...groups: readonly string[]): Actor => ({ id, via, groups });
const requester = who('ana', 'slack', 'managers');
const asked = { plan, requester, given: ['bo'] };

describe('who may answer', () => {
  const rows: readonly (readonly [string, Actor, string | null, string | null])[] = [
    ['a member', who('cy', 'slack', 'managers'), null, null],
    ['a member of the other group', who('di', 'token', 'on-call'), null, null],
    ['the operator', who('operator', 'operator', 'operator'), null, null],
    ['who asked, though a member', requester, 'ana asked for it', null],
    ['who asked, by another way', who('ana', 'token', 'managers'), 'ana asked for it', null],
    ['who has approved already', who('bo', 'console', 'managers'), '1 of 2 approvals', null],
    ['a stranger', who('eve', 'slack', 'team'), 'only managers, on-call', 'only managers, on-call'],
    ['nobody in particular', who('slack:U1', 'slack'), 'only managers', 'only managers'],
    [
      'a member in doubt',
      { ...who('cy', 'slack', 'managers'), unsure: true },
      'can not be looked up',
      'can not be looked up',
    ],
  ];
  test.each(rows)('%s', (_name, actor, approve, deny) => {
    for (const [answer, words] of [
      ['approve', approve],
      ['deny', deny],
    ] as const) {
      const refusal = refuseAnswer(asked, actor, answer);
      if (words === null) expect([answer, refusal]).toEqual([answer, null]);
      else expect([answer, refusal]).toEqual([answer, expect.stringContaining(words)]);
    }
  });

  test('who asked may approve where the file says so, once', () => {
    const self = { ...asked, plan: { ...plan, self: true } };
    expect(refuseAnswer(self, requester, 'approve')).toBeNull();
    expect(refuseAnswer({ ...self, given: ['ana'] }, requester, 'approve')).toContain('approved already');
  });
});

describe('what asks', () => {
  const asking = (): ServiceFile => {
    const service = makeService();
    const production = service.environments['production'];
    if (production === undefined) throw new Error('no production');
    const approval = approvalSchema.parse({ by: ['managers'] });
    return { ...service, environments: { production: { ...production, approval } } };
  };
  const common = { service: asking() };

  test('a deploy, with what its runbook is hashed with; a way back never', () => {
    const { runbook } = planned(makeRequest(common));
    expect(runbook.approval).toEqual({ by: ['managers'], count: 1, expiresMs: 4 * hour, self: false });
    const back = planned(
      makeRequest({
        ...common,
        kind: 'rollback',
        state: {
          ...makeRequest().state,
          groups: [{ version: '2.1.0', digest: `sha256:${'b'.repeat(64)}`, instances: 2, ready: 2 }],
          ...{ weights: { '2.1.0': 100 }, stable: '2.1.0' },
        },
        release: { version: '2.0.4', digest: `sha256:${'a'.repeat(64)}` },
      }),
    );
    expect(back.runbook.approval).toBeUndefined();
    expect(planned(makeRequest()).runbook).not.toHaveProperty('approval');
  });

  test('a flag that is raised, and not one that is lowered', () => {
    const flag = (now: number, wanted: number) =>
      planned(makeRequest({ ...common, kind: 'flag', flag: { flag: 'new-cart', now, wanted } })).runbook;
    expect(flag(0, 50).approval).toBeDefined();
    expect(flag(50, 0).approval).toBeUndefined();
  });

  test('the playbook says who, how long, and how', () => {
    const { runbook } = planned(makeRequest(common));
    const page = playbook(runbook, { rolloutId: 'r1', hash: 'h'.repeat(64), warnings: [] });
    expect(page).toContain('`sluice approve r1`');
    expect(page).toContain(sayApproval({ by: ['managers'], count: 1, expiresMs: 4 * hour, self: false }));
    expect(page).toContain('1 approval by managers within 4 h, none of them by who asks');
  });
});
