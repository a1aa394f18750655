import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkNames } from '../../../runbooks/checks/check.ts';
import { states } from '../../../runbooks/state.ts';
import type { LiveModel } from '../../../src/story/model.ts';
import { emptyModel } from '../../../src/story/model.ts';
import { heedEvent } from '../../../src/story/reduce.ts';
import { buttonsOf, reasonFaceOf } from '../../../src/slack/render/buttons.ts';
import { literal } from '../../../src/slack/render/escape.ts';
import { threadLine } from '../../../src/slack/render/line.ts';
import { commandOf, liftAction, markOf, readMark, writeMark } from '../../../src/slack/render/mark.ts';
import { renderMessage } from '../../../src/slack/render/message.ts';
import { judgeMessage, pingsIn } from '../../servers/slack/blocks.ts';
import { Story } from '../api/story.ts';
import { sceneOf, scenes } from '../cli/stories.ts';

const frame = (now: number) => ({
  now,
  publicUrl: 'https://sluice.example.com',
  buttons: true,
  asOf: new Date(now).toISOString(),
});

const watching = (): LiveModel => scenes['watching']?.().model ?? emptyModel('none');

/** States that no story plays yet: the message of a watching rollout, in that state. */
const inState = states.map((state) => {
  const { id } = watching();
  return { state, model: { ...watching(), id, state } };
});

describe('one message', () => {
  test.each(Object.entries(scenes))('of a rollout that is %s', (_name, scene) => {
    const { model, now } = scene();
    const message = renderMessage(model, frame(now));
    expect(judgeMessage(message.text, message.blocks)).toBeNull();
    expect(message).toMatchSnapshot();
  });

  test.each(inState)('in the state $state has buttons that the table accepts', ({ model }) => {
    const message = renderMessage(model, frame(0));
    expect(judgeMessage(message.text, message.blocks)).toBeNull();
    const buttons = buttonsOf(model);
    expect(buttons.map(({ text, confirm }) => [text.text, confirm?.text.text])).toMatchSnapshot();
    for (const { value, action_id } of buttons) {
      expect(readMark(value ?? '')).toEqual(markOf(model));
      expect(commandOf(action_id ?? '') ?? (action_id === liftAction ? 'lift' : null)).not.toBeNull();
    }
  });

  test('that asks for an approval shows what the plan warns of, and what was overridden and why', () => {
    const texts = { reason: 'faster checkout', 'override.window': 'payments are <!channel> down' };
    const warnings = ['The check window is overridden: Deploys are frozen.', 'gates.holdBack is 0 %.'];
    const asked = new Story('2.2.0', { texts }).planned(undefined, warnings);
    const { model, now } = sceneOf(asked.state('awaiting-approval', 3600, 'it expires'));
    const { blocks, text } = renderMessage(model, frame(now));
    expect(judgeMessage(text, blocks)).toBeNull();
    expect(blocks).toMatchSnapshot();
    // What was overridden stays in sight; warnings are for who decides.
    const later = sceneOf(asked.state('deploying')).model;
    const shown = JSON.stringify(renderMessage(later, frame(now)));
    expect(shown).toContain('*overrides* window: “payments are &lt;!channel&gt; down”');
    expect(shown).not.toContain('holdBack');
    const erased = { ...later, overrides: [{ check: 'window', reason: null }] };
    expect(JSON.stringify(renderMessage(erased, frame(now)))).toContain('its reason was erased');
  });

  test('of what went back says its cause once, though the sentence of its end has it, too', () => {
    const story = new Story().planned().stepsUpTo(4).watching(4).goesBack('breach', 'errors 3.1 %.');
    story.note({ type: 'closed', state: 'rolled-back', sentence: 'errors 3.1 %. 2.0.4 is well.' });
    const { model, now } = sceneOf(story);
    const shown = JSON.stringify(renderMessage(model, frame(now)).blocks);
    expect(shown.split('errors 3.1 %.')).toHaveLength(2);
  });

  test('without anybody to hear a click has no buttons', () => {
    const { blocks } = renderMessage(watching(), { ...frame(0), buttons: false });
    expect(blocks.filter(({ type }) => type === 'actions')).toEqual([]);
  });
});

test('what destroys asks first, naming service, environment and both versions', () => {
  for (const { model } of inState)
    for (const { style, confirm, action_id } of buttonsOf(model))
      if (style === 'danger') {
        const names = { place: 'shop in production', from: '2.0.4', version: '2.2.0' };
        const says = confirm?.text.text ?? reasonFaceOf(action_id ?? '')?.asks(names);
        for (const named of ['shop', 'production', '2.0.4', '2.2.0']) expect(says).toContain(named);
      }
});

test('each event has its line, and the channel hears only of ends and questions', () => {
  const told = Object.entries(scenes).flatMap(([name, scene]) => {
    const story = scene().model.log;
    return story.length === 0 ? [] : [name];
  });
  expect(told.length).toBeGreaterThan(10);
  const story = new Story()
    .planned()
    .stepsUpTo(5)
    .said('hold', 'hold', null, 'look')
    .state('held', 3600, '50 %');
  let model = emptyModel(story.id);
  const lines = story.events.flatMap((event) => {
    const line = threadLine(model, event);
    model = heedEvent(model, event);
    return line === null ? [] : [line];
  });
  expect(lines).toMatchSnapshot();
  for (const { text } of lines) expect(judgeMessage(text, undefined)).toBeNull();
});

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 3000 }),
  fc
    .array(
      fc.constantFrom(
        '<!channel>',
        '<@U0123>',
        '&lt;!here&gt;',
        '*',
        '`',
        '\n',
        '<',
        '|',
        '&',
        '\u202e',
        '😀',
        'a',
      ),
      {
        maxLength: 60,
      },
    )
    .map((parts) => parts.join('')),
);

test('whatever people write pings nobody, and stays within the limits', () => {
  fc.assert(
    fc.property(hostile, hostile, hostile, fc.constantFrom(...states), (one, two, three, state) => {
      const base = watching();
      const model: LiveModel = {
        ...base,
        ...{ state, service: one, version: two, from: three, reason: one, actor: two, environment: three },
        ...{ held: one, sentBack: two, sentence: three, byHand: [one, two], verified: two },
        cause: { by: 'person', sentence: one, step: null },
        warnings: Array.from({ length: 9 }, () => one),
        overrides: checkNames.map((check) => ({ check, reason: two })),
        problems: [{ code: 'INTERNAL', message: two, hint: three }],
        next: one,
      };
      const message = renderMessage(model, frame(0));
      expect(judgeMessage(message.text, message.blocks)).toBeNull();
    }),
    { numRuns: 200 },
  );
});

test('a text is shown as it was written, to the letter', () => {
  const unescaped = (text: string): string =>
    text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  expect(literal('<!channel> & <@U1>\n*now*', 100)).toBe('&lt;!channel&gt; &amp; &lt;@U1&gt; *now*');
  fc.assert(
    fc.property(fc.stringMatching(/^[!-~](?:[ -~]{0,50}[!-~])?$/), (text) => {
      expect(pingsIn(literal(text, 100))).toEqual([]);
      expect(unescaped(literal(text, 100))).toBe(text.replace(/ +/g, ' '));
    }),
  );
});

test('a mark that is not ours is none', () => {
  for (const value of [
    '',
    'x',
    'a/watching',
    'a/nothing/1',
    'a/watching/1',
    'a/watching/1/2/3',
    `${'a'.repeat(65)}/held/-/-`,
  ])
    expect(readMark(value)).toBeNull();
  for (const plan of [null, '9f3c0a11223344ff']) {
    const mark = { rolloutId: 'r-1', state: 'held', step: null, plan } as const;
    expect(readMark(writeMark(mark))).toEqual(mark);
  }
});
