import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { checkNames } from '../../../runbooks/checks/check.ts';
import { settle } from '../../../runbooks/checks/check.ts';
import type { Person } from '../../servers/slack/person.ts';
import type { View } from '../../servers/slack/views.ts';
import type { House } from './house.ts';
import { openHouse } from './house.ts';

let house: House;
let bo: Person;
beforeAll(async () => {
  house = await openHouse();
  bo = house.desk.person({ id: 'U0BO00001', name: 'Bo Berg', email: 'bo@example.com' });
});
afterAll(() => house.close());
beforeEach(() => house.reset());

const window = { check: 'window', reason: 'payments are down' } as const;

test('a deploy that a check refuses says how it is overridden, and what it says is understood', async () => {
  const finding = { check: 'window', problem: { code: 'FROZEN', message: 'Deploys are frozen.' } } as const;
  const { problems } = settle([finding], []);
  const { script } = house.desk.world;
  const accepting = script.deploy;
  script.deploy = async () => ({ outcome: 'refused', rolloutId: 'r', repeated: false, problems });
  const { text } = await bo.type('/deploy', 'till 2.1.0 to staging');
  expect(text).toBe(
    '*Not done.* Deploys are frozen. Those who may can pass over it: override window because …',
  );
  script.deploy = accepting;
  const again = await bo.type(
    '/deploy',
    'till 2.1.0 to staging override window because payments are down override gate because no metrics',
  );
  expect(again.text).toContain('*Begun*');
  expect(house.desk.calls).toMatchObject([
    {
      call: 'deploy',
      with: {
        ...{ service: 'till', environment: 'staging', reason: null, actor: { id: 'bo' } },
        overrides: [window, { check: 'gate', reason: 'no metrics' }],
      },
    },
  ]);
  await bo.type('/deploy', 'plan till 2.1.0 to staging override window because payments are down');
  expect(house.desk.calls.at(-1)).toMatchObject({ call: 'plan', with: { overrides: [window] } });
});

test('many refusals are shown as far as they fit', async () => {
  const problems = checkNames.flatMap((check) => [
    { code: 'FROZEN', message: `${check} ${'<'.repeat(300)}`, hint: '&'.repeat(300) } as const,
    { code: 'FROZEN', message: check } as const,
  ]);
  house.desk.world.script.deploy = async () => ({
    ...{ outcome: 'refused', rolloutId: 'r', repeated: false, problems: problems.slice(1) },
  });
  const view = await opened(bo);
  const { ack } = await bo.send(bo.submit(view, { service: 'shop', version: '2.1.0' }));
  expect(JSON.stringify(ack)).toContain('and 7 more');
});

const opened = async (person: Person): Promise<View> => {
  const { slack } = house.desk;
  const before = slack.workspace.views.all.length;
  const sent = await person.type('/deploy', '');
  expect([sent.status, sent.ack]).toEqual([200, {}]);
  const view = slack.workspace.views.all[before];
  if (view === undefined) throw new Error('no view is open');
  return view;
};

const blocksOf = ({ view }: View): readonly string[] =>
  (view['blocks'] as readonly { readonly block_id: string }[]).map(({ block_id }) => block_id);

describe('the form', () => {
  const wanted = { service: 'till', version: '2.1.0', environment: 'staging' };

  test('asks for overrides only where somebody may use them', async () => {
    const basic = ['service', 'version', 'environment', 'reason'];
    expect(blocksOf(await opened(house.desk.ana))).toEqual(basic);
    const view = await opened(bo);
    expect(blocksOf(view)).toEqual([...basic, 'checks', 'why']);
    const checks = JSON.stringify(view.view);
    for (const name of checkNames) expect(checks).toContain(`"value":"${name}"`);
  });

  test('says the same as the words do', async () => {
    const view = await opened(bo);
    const sent = await bo.send(bo.submit(view, { ...wanted, checks: 'window,order', why: window.reason }));
    expect(JSON.stringify(sent.ack['view'])).toContain('*Begun*');
    const inWords = `till 2.1.0 to staging override window because ${window.reason} override order because ${window.reason}`;
    await bo.type('/deploy', inWords);
    const [form, words] = house.desk.calls.map(({ call, with: { key: _, ...asked } }) => ({ call, asked }));
    expect(form?.asked['overrides']).toEqual([window, { check: 'order', reason: window.reason }]);
    expect(words).toEqual(form);
  });

  test('a check without a reason, and a reason without a check, are told beside their fields', async () => {
    const view = await opened(bo);
    const unexplained = await bo.send(bo.submit(view, { ...wanted, checks: 'window', why: '  ' }));
    expect(unexplained.ack).toEqual({
      response_action: 'errors',
      errors: { why: 'Say why: it is recorded.' },
    });
    const of = await bo.send(bo.submit(view, { ...wanted, why: 'because' }));
    expect(of.ack).toMatchObject({ errors: { checks: 'Choose the check that it is about.' } });
    expect(house.desk.calls).toEqual([]);
  });

  test('a check that there is not, sent by no form of ours, is refused', async () => {
    const view = await opened(bo);
    const sent = await bo.send(bo.submit(view, { ...wanted, checks: 'everything', why: 'because' }));
    expect(JSON.stringify(sent.ack['view'])).toContain('There is no check \\"everything\\".');
    expect(house.desk.calls).toEqual([]);
  });
});
