import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { emptyModel } from '../../../../src/story/model.ts';
import { renderLive } from '../../../../src/cli/live/render.ts';
import { textWidth } from '../../../../src/story/text.ts';
import { Story } from '../../api/story.ts';
import { sceneOf, scenes } from '../stories.ts';

const plain = { color: false, unicode: true, zone: 'UTC' } as const;
const names = Object.keys(scenes);
const sceneNamed = (name: string) => scenes[name]?.() ?? { model: emptyModel(name), now: 0 };

describe('what a live view shows', () => {
  test.each(names)('%s', (name) => {
    const { model, now } = sceneNamed(name);
    for (const width of [80, 120]) {
      const picture = renderLive(model, { ...plain, width, now }).join('\n');
      expect(picture).toMatchSnapshot(`${String(width)} columns`);
    }
  });

  test('on a narrow terminal the charts come under their names', () => {
    const { model, now } = sceneNamed('watching errors');
    expect(renderLive(model, { ...plain, width: 40, now }).join('\n')).toMatchSnapshot();
  });

  test('without UTF-8 the same in ASCII', () => {
    const { model, now } = sceneNamed('watching errors');
    const picture = renderLive(model, { ...plain, unicode: false, width: 80, now }).join('\n');
    expect(picture).toMatchSnapshot();
    expect(picture).toMatch(/^[\n -~]*$/);
  });
});

describe('of every state', () => {
  test.each(names)('%s: no line is wider than the terminal', (name) => {
    const { model, now } = sceneNamed(name);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: -1, max: 120 }), (width, later) => {
        const lines = renderLive(model, { ...plain, width, now: now + later * 1000 });
        // Commands that are to be copied are whole, however long they are.
        const shown = lines.filter((line) => !line.includes('curl'));
        expect(Math.max(...shown.map(textWidth))).toBeLessThanOrEqual(Math.max(40, width));
      }),
      { numRuns: 40 },
    );
  });

  test.each(names)('%s: colours add nothing but colours', (name) => {
    const { model, now } = sceneNamed(name);
    const colored = renderLive(model, { ...plain, color: true, width: 100, now });
    const without = renderLive(model, { ...plain, width: 100, now });
    expect(colored.map((line) => stripVTControlCharacters(line))).toEqual(without);
    expect(colored).not.toEqual(without);
  });

  test.each(names)('%s: the ASCII picture is as wide as the other', (name) => {
    const { model, now } = sceneNamed(name);
    const ascii = renderLive(model, { ...plain, unicode: false, width: 100, now });
    const full = renderLive(model, { ...plain, width: 100, now });
    expect(ascii.map((line) => line.length)).toEqual(full.map(textWidth));
  });

  test.each(names)('%s: the log gives way on a low terminal', (name) => {
    const { model, now } = sceneNamed(name);
    const whole = renderLive(model, { ...plain, width: 80, now });
    const low = renderLive(model, { ...plain, width: 80, now, height: 12 });
    expect(low.length).toBeLessThanOrEqual(whole.length);
    expect(whole.slice(0, 3)).toEqual(low.slice(0, 3));
  });
});

test('nothing heard yet is said', () => {
  const lines = renderLive(emptyModel('x'), { ...plain, width: 80, now: 0 });
  expect(lines).toEqual(['Waiting for the first event…']);
});

test('what people and services write can not move the cursor', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const story = new Story().planned().said('hold', 'hold', null, text).goesBack('person', text);
      const { model, now } = sceneOf(story);
      const picture = renderLive({ ...model, reason: text }, { ...plain, width: 80, now }).join('');
      expect(picture).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
    }),
  );
});
