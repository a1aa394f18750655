import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ErrorCode } from '../../../runbooks/errors.ts';
import { SluiceError } from '../../../runbooks/errors.ts';
import { actorOfSlack, actorOfToken, hashOf } from '../../../src/access/identify.ts';
import { mintToken } from '../../../src/access/mint.ts';
import { parseAccessFile } from '../../../src/access/read.ts';
import { accessIn } from '../../../src/access/source.ts';
import { loadServices } from '../../../src/service-file/folder.ts';
import { fileProblems, renderProblems } from '../../../src/service-file/problems.ts';

const page = await readFile(new URL('../../../docs/access.md', import.meta.url), 'utf8');
const blocks = (language: string): readonly string[] =>
  [...page.matchAll(/```(\w+)\n([\s\S]*?)```/g)].flatMap(([, found, text]) =>
    found === language && text !== undefined ? [text] : [],
  );

const refusal = (text: string): SluiceError => {
  try {
    parseAccessFile(text, 'access.yml');
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error('accepted');
};

describe('access.yml', () => {
  test('the example of the page is accepted', () => {
    const [example = ''] = blocks('yaml');
    const file = parseAccessFile(example, 'access.yml');
    expect(Object.keys(file.people)).toEqual(['ana', 'bo']);
    expect(Object.keys(file.tokens)).toEqual(['ana-laptop', 'nightly']);
  });

  test('the pipelines of the page are accepted', () => {
    const example = blocks('yaml').find((block) => block.startsWith('ci:')) ?? '';
    const { ci } = parseAccessFile(`apiVersion: sluice/v1\n${example}`, 'access.yml');
    expect(Object.entries(ci).map(([name, { audience }]) => [name, audience])).toEqual([
      ['shop-main', 'sluice'],
      ['shop-tags', 'https://sluice.example.com'],
    ]);
  });

  test('everything that is wrong is told at once, each with its place and mend, as the page shows', () => {
    const [broken = '', shown = ''] = [blocks('yaml').at(-1), blocks('text')[0]];
    const error = refusal(broken);
    expect(error.code satisfies ErrorCode).toBe('ACCESS_FILE_INVALID');
    expect(`${renderProblems(fileProblems(error))}\n`).toBe(shown);
  });

  test.each([
    ['a token in clear', 'tokens: { t: { token: abc, expires: 2027-01-31 } }', 'tokens.t.token'],
    ['an endless token', `tokens: { t: { sha256: ${'a'.repeat(64)} } }`, 'tokens.t.expires'],
    ['a Slack name', 'people: { ana: { slack: "@ana" } }', 'people.ana.slack'],
    [
      'one Slack user twice',
      'people: { ana: { slack: U0123ABCD }, bo: { slack: U0123ABCD } }',
      'people.bo.slack',
    ],
    [
      'a pipeline that everybody is',
      'ci: { all: { issuer: "https://ci.example", claims: {} } }',
      'ci.all.claims',
    ],
    [
      'a claim that says nothing',
      'ci: { all: { issuer: "https://ci.example", claims: { ref: "*" } } }',
      'ci.all.claims.ref',
    ],
    [
      'an issuer in clear',
      'ci: { c: { issuer: "http://ci.example", claims: { ref: main } } }',
      'ci.c.issuer',
    ],
    [
      'a pipeline called as a person',
      'people: { ana: {} }\nci: { ana: { issuer: "https://ci.example", claims: { ref: main } } }',
      'ci.ana',
    ],
    ['a verb that there is not', 'grants: [{ to: [], may: [fly] }]', 'grants[0].may[0]'],
  ])('%s is refused', (_name, line, place) => {
    const problems = fileProblems(refusal(`apiVersion: sluice/v1\n${line}\n`));
    expect(problems.map((problem) => problem.path)).toContain(place);
  });
});

describe('who somebody is', () => {
  const made = mintToken(Date.parse('2026-11-01T12:00:00Z'), 90);
  const file = parseAccessFile(
    `apiVersion: sluice/v1
people: { ana: { slack: U0123ABCD }, bo: { email: Bo@example.com } }
tokens:
  ana-laptop: { person: ana, sha256: ${made.sha256}, expires: ${made.expires} }
  lost: { sha256: ${hashOf('lost')}, expires: ${made.expires}, revoked: true }
  nightly: { sha256: ${hashOf('nightly')}, expires: ${made.expires} }
groups: { team: [ana, nightly], managers: [bo] }
`,
    'access.yml',
  );
  const state = { file, broken: null };
  const on = (day: string): number => Date.parse(`${day}T23:59:59Z`);

  test('a token is its person, in the person’s groups; without one it is a machine', () => {
    expect(actorOfToken(state, made.token, on('2026-12-24'))).toEqual({
      actor: { id: 'ana', via: 'token', groups: ['team'] },
    });
    expect(actorOfToken(state, 'nightly', on('2026-12-24'))).toEqual({
      actor: { id: 'token:nightly', via: 'token', groups: ['team'] },
    });
  });

  test('it is taken on its last day, and not on the next', () => {
    expect(made.expires).toBe('2027-01-30');
    expect(actorOfToken(state, made.token, on('2027-01-30'))).toHaveProperty('actor');
    expect(actorOfToken(state, made.token, on('2027-01-31'))).toMatchObject({
      refusal: { code: 'UNAUTHENTICATED', message: expect.stringContaining('2027-01-30') },
    });
  });

  test('a revoked one and an unknown one are refused; its hash is no token', () => {
    for (const token of ['lost', 'guess', '', made.sha256])
      expect(actorOfToken(state, token, on('2026-12-24'))).toMatchObject({
        refusal: { code: 'UNAUTHENTICATED' },
      });
  });

  test('a Slack user is known by id, else by address; unknown ones have no groups', () => {
    const slack = (id: string, email: string | null) => actorOfSlack(state, { id, email });
    expect(slack('U0123ABCD', 'else@example.com')).toEqual({ id: 'ana', via: 'slack', groups: ['team'] });
    expect(slack('U9', 'bo@Example.com')).toEqual({ id: 'bo', via: 'slack', groups: ['managers'] });
    expect(slack('U9', null)).toEqual({ id: 'slack:U9', via: 'slack', groups: [] });
  });
});

describe('the file as it stands', () => {
  let folder: string;
  const said: string[] = [];
  const log = {
    info: () => undefined,
    error: (...words: unknown[]) => void said.push(JSON.stringify(words)),
  };
  beforeEach(async () => {
    said.length = 0;
    folder = await mkdtemp(path.join(tmpdir(), 'sluice-access-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const write = (text: string) =>
    writeFile(path.join(folder, 'access.yml'), `apiVersion: sluice/v1\n${text}\n`);

  test('a change counts at once; a broken one leaves who is who, and takes what they may', async () => {
    const access = accessIn(folder, log);
    const groups = async (token: string) => {
      const found = actorOfToken(await access.look(), token, 0);
      return 'actor' in found ? [...found.actor.groups, ...(found.actor.unsure ? ['?'] : [])] : null;
    };
    expect(await access.look()).toEqual({ file: null, broken: null });
    const tokens = `tokens: { t: { sha256: ${hashOf('t')}, expires: 2027-01-31 } }`;
    await write(`${tokens}\ngroups: { one: [t] }`);
    expect(await groups('t')).toEqual(['one']);
    await write(`${tokens}\ngroups: { one: [], two: [t] }`);
    expect(await groups('t')).toEqual(['two']);
    await write(`${tokens}\ngroups: { two: [who] }`);
    expect(await groups('t')).toEqual(['two', '?']);
    expect(await groups('t')).toEqual(['two', '?']);
    expect(said).toHaveLength(1);
    await write('tokens: {}');
    expect(await groups('t')).toBeNull();
  });

  test('is no service file', async () => {
    await write('people: {}');
    expect(await loadServices(folder)).toEqual({ services: [], broken: [], organisation: null });
  });
});
