import { describe, expect, test } from '@jest/globals';
import type { Actor, ActorVia } from '../../runbooks/access.ts';
import { maySay, refuseActor, refuseVerb } from '../../runbooks/access.ts';
import type { AccessFile } from '../../runbooks/access-file.ts';
import { accessFileSchema, groupsOf, withGrants } from '../../runbooks/access-file.ts';
import type { AccessBlock, AccessVerb } from '../../runbooks/service.ts';
import { accessVerbs } from '../../runbooks/service.ts';
import { commands } from '../../runbooks/state.ts';

const actor = (via: ActorVia, ...groups: readonly string[]): Actor => ({ id: 'a1', via, groups });
const doubtful = (...groups: readonly string[]): Actor => ({ ...actor('slack', ...groups), unsure: true });

const file: AccessFile = accessFileSchema.parse({
  apiVersion: 'sluice/v1',
  people: { ana: {}, bo: {}, cy: {} },
  tokens: { nightly: { sha256: 'a'.repeat(64), expires: '2027-01-31' } },
  groups: { team: ['ana'], managers: ['bo', 'ana'], night: ['nightly'], 'on-call': ['cy'] },
  grants: [
    {
      to: ['managers'],
      may: ['deploy', 'promote', 'answer'],
      services: ['shop'],
      environments: ['production'],
    },
    { to: ['night'], may: ['deploy'], environments: ['staging'] },
    { to: ['on-call'], may: ['hold', 'abort', 'rollback'] },
  ],
});
const said: AccessBlock = { deploy: ['team'], rollback: ['team'] };

const everybody = ['operator', 'system', 'team', 'managers', 'night', 'on-call', 'nobody', 'doubt'] as const;
type Role = (typeof everybody)[number];
const roles: Readonly<Record<Role, Actor>> = {
  operator: actor('operator'),
  system: actor('system'),
  team: actor('slack', 'team'),
  managers: actor('token', 'managers'),
  night: actor('token', 'night'),
  'on-call': actor('console', 'on-call'),
  nobody: actor('slack'),
  doubt: doubtful('team', 'managers', 'night', 'on-call'),
};

/** Who may, by place and verb, besides the operator and the system, who always may. */
const may: Readonly<Record<string, Readonly<Record<AccessVerb, readonly Role[]>>>> = {
  'shop staging': {
    deploy: ['team', 'night'],
    hold: ['on-call'],
    resume: [],
    promote: [],
    abort: ['team', 'managers', 'night', 'on-call', 'nobody', 'doubt'],
    rollback: ['team', 'on-call'],
    answer: [],
    override: [],
  },
  'shop production': {
    deploy: ['team', 'managers'],
    hold: ['on-call'],
    resume: [],
    promote: ['managers'],
    abort: ['team', 'managers', 'night', 'on-call', 'nobody', 'doubt'],
    rollback: ['team', 'on-call'],
    answer: ['managers'],
    override: [],
  },
  'cart production': {
    deploy: ['team'],
    hold: ['on-call'],
    resume: [],
    promote: [],
    abort: ['team', 'managers', 'night', 'on-call', 'nobody', 'doubt'],
    rollback: ['team', 'on-call'],
    answer: [],
    override: [],
  },
};

describe('who may say what', () => {
  const rows = Object.keys(may).flatMap((place) => accessVerbs.map((verb) => [place, verb] as const));
  test.each(rows)('%s: %s', (place, verb) => {
    const [service = '', environment = ''] = place.split(' ');
    const access = withGrants(said, file, { service, environment });
    const allowed = everybody.filter((role) => maySay(access, roles[role], verb));
    expect(allowed).toEqual(['operator', 'system', ...(may[place]?.[verb] ?? [])]);
  });

  test.each(accessVerbs)('without any row, %s is the operator’s, and abort everybody’s', (verb) => {
    const allowed = everybody.filter((role) => maySay({}, roles[role], verb));
    expect(allowed).toEqual(verb === 'abort' ? everybody : ['operator', 'system']);
  });

  test('a row for abort narrows it, a grant widens it again, and doubt leaves it open', () => {
    const narrow: AccessBlock = { abort: ['team'] };
    const who = (access: AccessBlock) => everybody.filter((role) => maySay(access, roles[role], 'abort'));
    expect(who(narrow)).toEqual(['operator', 'system', 'team', 'doubt']);
    const place = { service: 'shop', environment: 'production' };
    expect(who(withGrants(narrow, file, place))).toEqual(['operator', 'system', 'team', 'on-call', 'doubt']);
  });

  test('without an access file a service file says everything', () => {
    const place = { service: 'shop', environment: 'production' };
    expect(withGrants(said, null, place)).toEqual(said);
  });

  test.each(commands)('%s is allowed to the operator, and refused to others with who may', (command) => {
    const access: AccessBlock = { ...said, abort: ['on-call'] };
    expect(refuseActor(access, actor('operator'), command)).toBeNull();
    const refusal = refuseActor(access, actor('slack', 'visitors'), command);
    expect(refusal).toContain(`Can not ${command}: only `);
    expect(refusal).toContain('operator');
  });

  test('a retry of the way back asks for what a rollback asks for', () => {
    const access: AccessBlock = { rollback: ['on-call'], answer: ['on-call'] };
    expect(refuseActor(access, actor('slack', 'on-call'), 'retry')).toBeNull();
    expect(refuseActor(access, actor('slack', 'team'), 'accept')).toBe(
      'Can not accept: only on-call or the operator may answer here.',
    );
  });

  test('who is in doubt is told what is left', () => {
    expect(refuseVerb(said, doubtful('team'), 'deploy')).toBe(
      'the groups of a1 can not be looked up now; until then it may abort, and nothing else.',
    );
  });
});

test('groups are those that name the person or the machine', () => {
  expect(groupsOf(file, 'ana')).toEqual(['team', 'managers']);
  expect(groupsOf(file, 'nightly')).toEqual(['night']);
  expect(groupsOf(file, 'who')).toEqual([]);
});
