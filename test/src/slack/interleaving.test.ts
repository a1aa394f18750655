import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import type { RolloutState } from '../../../runbooks/state.ts';
import { judgeCommand } from '../../../runbooks/state.ts';
import { keyOf } from '../../../src/slack/payloads.ts';
import { commandOf, readMark } from '../../../src/slack/render/mark.ts';
import { reasonForm } from '../../../src/slack/render/reason-form.ts';
import { asksWhy } from '../../../src/slack/reasons.ts';
import { until } from '../../e2e/until.ts';
import type { Person } from '../../servers/slack/person.ts';
import { buttonsIn } from '../../servers/slack/person.ts';
import { Story } from '../api/story.ts';
import type { Desk } from './desk.ts';
import { openDesk } from './desk.ts';
import { Machine } from './machine.ts';

/** Ana may everything, Bo hold and approve, Cy nothing. */
const people = ['U0ANA0001', 'U0BO00001', 'U0CY00001'] as const;

let desk: Desk;
let crowd: ReadonlyMap<string, Person>;
beforeAll(async () => {
  desk = await openDesk();
  crowd = new Map(people.map((id) => [id, desk.person({ id })]));
});
afterAll(() => desk.close());

/** Sent so often: Slack's retries, or a replay of the same bytes. */
const often = { who: fc.constantFrom(...people), copies: fc.integer({ min: 1, max: 3 }) };
const act = fc.oneof(
  // A click on the message as it was `behind` looks ago.
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('click'), button: fc.nat(9), behind: fc.nat(3), ...often }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('type'), ...often }) },
  // The rollout goes on by itself.
  { weight: 2, arbitrary: fc.record({ do: fc.constant('move'), way: fc.nat(9) }) },
);
type Act = typeof act extends fc.Arbitrary<infer One> ? One : never;

const begins = ['awaiting-approval', 'watching', 'inconclusive', 'held', 'rollback-failed'] as const;
/** What stands together happens at once. */
const day = fc.array(fc.array(act, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });

/** What somebody asked for once, and what they have been told of it: in the answer, or after it. */
type Asked = {
  readonly key: string;
  /** What the message that was clicked said the button does; `null`: it was typed. */
  readonly meant: string | null;
  readonly told: () => readonly string[];
};

const begin = async (state: RolloutState) => {
  const story = new Story('2.2.0', { id: uuidv7() }).planned().stepsUpTo(4);
  if (state !== 'awaiting-approval') story.watching(4);
  await desk.world.tell(story.state(state));
  const machine = new Machine(desk.world.ledger, story.id, state);
  const { script } = desk.world;
  script.say = (request) => machine.say(request);
  script.rollback = ({ actor, reason, key }) =>
    machine.say({ id: story.id, command: 'rollback', actor, reason, key });
  return { id: story.id, machine };
};

const requestOf = (one: Extract<Act, { readonly who: string }>, seen: readonly (readonly unknown[])[]) => {
  const person = crowd.get(one.who);
  if (person === undefined) throw new Error(`nobody is ${one.who}`);
  if (!('button' in one)) return { person, request: person.command('/rollback', 'shop'), meant: null };
  const blocks = seen[Math.max(0, seen.length - 1 - one.behind)] ?? [];
  const buttons = buttonsIn(blocks);
  const button = buttons[one.button % Math.max(1, buttons.length)];
  const command = button === undefined ? null : commandOf(button.action_id);
  const mark = readMark(button?.value ?? '');
  if (button === undefined || command === null || mark === null) return null;
  const judged = judgeCommand(mark.state, command);
  const meant = 'effect' in judged ? judged.effect : 'nothing';
  // What is asked why is done by its form, which may have been open for as long as the message is old.
  const [action, value] = [button.action_id, button.value ?? ''];
  const request = asksWhy(action)
    ? person.submit({ id: 'V0FORM', hash: '1', view: formFor(action, value) }, { reason: 'because' })
    : person.click(blocks, action);
  return { person, request, meant };
};

const formFor = (action: string, value: string) => ({
  ...reasonForm({ action, value }, 'Why', 'It is done.'),
});

/** What is told in the place of a form. */
const inForm = (ack: Readonly<Record<string, unknown>>): string => {
  const { view } = ack as { readonly view?: { readonly blocks: readonly { text: { text: string } }[] } };
  return view?.blocks.map(({ text }) => text.text).join('\n') ?? '';
};

const ask = async (
  one: Extract<Act, { readonly who: string }>,
  seen: readonly (readonly unknown[])[],
): Promise<Asked | null> => {
  const made = requestOf(one, seen);
  if (made === null) return null;
  const { person, request, meant } = made;
  const sent = await Promise.all(Array.from({ length: one.copies }, () => person.send(request)));
  const form = new URLSearchParams(request.body);
  const payload = JSON.parse(form.get('payload') ?? '{}') as { readonly trigger_id?: string };
  const key = keyOf(payload.trigger_id ?? form.get('trigger_id') ?? '');
  const told = (): readonly string[] =>
    [
      ...sent.map(({ text, ack }) => text || inForm(ack)),
      ...(sent[0]?.replies() ?? []).map(({ text }) => text),
    ].filter((text) => text !== '' && !text.startsWith('*Not confirmed yet'));
  await until('whoever asked is told', () => told().length >= one.copies, {
    seen: () => JSON.stringify(told()),
  });
  return { key, meant, told };
};

test('whoever clicks and types what, on whichever message, how often and at once: each does at most one thing, what its message said, and hears of it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...begins), day, async (state, groups) => {
      const { id, machine } = await begin(state);
      const seen = [await desk.messageOf(id)];
      const asked: Asked[] = [];
      for (const group of groups) {
        await Promise.all(
          group.map(async (one) => {
            if ('way' in one) return machine.move(one.way);
            const heard = await ask(one, seen);
            if (heard !== null) asked.push(heard);
          }),
        );
        seen.push(await desk.messageOf(id));
      }
      for (const { key, meant, told } of asked) {
        const done = machine.done.filter((each) => each.key === key);
        // Copies of one request are one request: one effect at most, and one answer, whichever copy heard it.
        expect(done.length).toBeLessThanOrEqual(1);
        expect([...new Set(told())]).toEqual([told()[0]]);
        expect(told()[0]).toMatch(done.length === 1 ? /^\*Done\*/ : /^\*Not done\.\* .{10}/);
        // A button that means another thing by now does nothing; going back is going back.
        const [one] = done;
        if (one !== undefined && meant !== null) expect(one.effect).toBe(meant);
      }
      // Nothing happened that nobody asked for, and what is shown is what is.
      const keys = new Set(asked.map(({ key }) => key));
      expect(machine.done.filter(({ key }) => !keys.has(key))).toEqual([]);
      expect((await desk.world.ledger.rollout(id))?.state).toBe(machine.state);
    }),
    { numRuns: 25 },
  );
}, 180_000);
