import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { serviceFileSchema } from '../../runbooks/service.ts';
import { configTable } from '../../src/config.ts';
import { states } from '../../runbooks/state.ts';
import { sayState } from '../../src/story/words.ts';
import { pageOf } from '../../tools/slack-shots/html.ts';
import { hashOf, sourceOf } from '../../tools/slack-shots/png.ts';
import { shots } from '../../tools/slack-shots/scenes.ts';
import { entryOf, pictureOf } from '../../tools/slack-shots/section.ts';
import { judgeMessage } from '../servers/slack/blocks.ts';

const docs = path.resolve(import.meta.dirname, '../../docs');
const page = readFileSync(path.join(docs, 'slack.md'), 'utf8');
const mend = 'npm run slack:shots takes the pictures anew';
/** A page of twenty pictures has to load on a train. */
const mostBytes = 60 * 1024;

const fileOfOne = {
  ...{ apiVersion: 'sluice/v1', service: 'shop', owners: ['team-shop'] },
  artifact: { manifests: './releases' },
  environments: {
    production: { target: { practice: {} }, strategy: { canary: {} }, gates: { errors: { max: '1%' } } },
  },
} as const;

test('docs/slack.md shows the states of the table, each once, and no others', () => {
  const shown = [...page.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading);
  const all = shots().map(({ state }) => state);
  expect(shown).toEqual(all.map(sayState));
  expect([...all].sort()).toEqual([...states].sort());
  const files = readdirSync(path.join(docs, 'slack')).map((file) => `slack/${file}`);
  expect(files.sort()).toEqual(all.map(pictureOf).sort());
});

describe.each(shots().map((shot) => [shot.state, shot] as const))('%s', (state, shot) => {
  test('is a message that Slack takes', () => {
    expect(judgeMessage(shot.message.text, shot.message.blocks)).toBeNull();
  });

  test('stands in docs/slack.md as it is', () => {
    expect({ mend, says: page.includes(entryOf(shot)) }).toEqual({ mend, says: true });
  });

  test('has a picture of the message as it is rendered today', () => {
    const png = readFileSync(path.join(docs, pictureOf(state)));
    expect({ mend, takenOf: sourceOf(png) }).toEqual({ mend, takenOf: hashOf(pageOf(shot)) });
    expect(png.length).toBeLessThanOrEqual(mostBytes);
  });
});

test('what the set-up has people write is a service file, and names variables that there are', () => {
  const [, snippet = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
  const lines = snippet.split('\n').map((line) => line.slice(3));
  const said = z
    .object({ environments: z.object({ production: z.object({ slack: z.unknown() }) }), access: z.unknown() })
    .parse(parse(lines.join('\n')));
  const whole = {
    ...fileOfOne,
    environments: { production: { ...fileOfOne.environments.production, ...said.environments.production } },
    access: said.access,
  };
  const read = serviceFileSchema.parse(whole);
  expect(read.environments['production']?.slack).toEqual({ channel: 'C0123456789' });
  const variables = [...page.matchAll(/^ *\| `(SLUICE_[A-Z_]+)`/gm)].map(([, name]) => name);
  expect(variables.length).toBeGreaterThan(3);
  const known = configTable().map(({ name }) => name);
  expect(variables.filter((name) => !known.includes(name ?? ''))).toEqual([]);
});
