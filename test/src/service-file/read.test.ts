import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SluiceError } from '../../../runbooks/errors.ts';
import { parseServiceFile, readServiceFile } from '../../../src/service-file/read.ts';
import { changed, refusalOf, said, validText } from './make.ts';

const example = fileURLToPath(new URL('../../../examples/shop/shop.yml', import.meta.url));

describe('a service file', () => {
  test('is read with its text, its SHA-256 and its defaults', () => {
    const read = parseServiceFile(validText, 'shop.yml');
    expect(read.text).toBe(validText);
    expect(read.sha256).toBe(createHash('sha256').update(validText).digest('hex'));
    expect(read.file.environments['production']).toMatchObject({
      strategy: { canary: { steps: [10, 50, 100], watch: 900_000 } },
      gates: { errors: { max: 0.01 }, holdBack: 0.1 },
    });
  });

  test('needs no more than ten lines', () => {
    const text = `apiVersion: sluice/v1
service: shop
owners: [team]
artifact: { manifests: releases }
environments:
  production:
    target: { practice: {} }
    strategy: { canary: {} }
    gates: { errors: {} }
`;
    expect(parseServiceFile(text, 'shop.yml').file).toMatchObject({
      access: {},
      environments: {
        production: {
          strategy: { canary: { steps: [10, 50, 100], watch: 900_000, ready: 120_000 } },
          smoke: [{ http: { method: 'GET', path: '/healthz', expect: { status: 200 }, within: 2000 } }],
          gates: {
            every: 5000,
            source: { practice: {} },
            errors: { max: 0.01 },
            onInconclusive: { extend: 900_000, then: 'ask' },
          },
          rollback: { keepWarm: 3_600_000, verify: 300_000 },
          held: 86_400_000,
          noData: 1_800_000,
        },
      },
    });
  });

  test('finds its manifests from its own folder, wherever one stands', () => {
    const { file } = parseServiceFile(validText, 'some/folder/shop.yml');
    expect(file.artifact.manifests).toBe(resolve('some/folder/releases'));
    const absolute = parseServiceFile(changed('./releases', '/srv/releases'), 'shop.yml');
    expect(absolute.file.artifact.manifests).toBe('/srv/releases');
  });

  test('may begin with a byte order mark and end its lines with CRLF', () => {
    const text = `\ufeff${validText.replaceAll('\n', '\r\n')}`;
    const read = parseServiceFile(text, 'shop.yml');
    expect(read.text).toBe(text);
    expect(read.file.service).toBe('shop');
    const [problem] = said(text.replace('service: shop', 'service: Shop'));
    expect(problem).toContain('2:10 service must be');
  });

  test('of the example is read, and its releases are beside it', async () => {
    const { file, path } = await readServiceFile(example);
    expect(path).toBe(example);
    expect(file.artifact.manifests).toBe(join(example, '..', 'releases'));
  });
});

describe('a file that can not be read', () => {
  const refusal = async (path: string): Promise<SluiceError> => {
    const error: unknown = await readServiceFile(path).then(
      () => null,
      (reason: unknown) => reason,
    );
    if (error instanceof SluiceError) return error;
    throw new Error(`no refusal, but ${String(error)}`);
  };

  test('is refused with the reason', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-read-'));
    try {
      expect((await refusal(join(folder, 'none.yml'))).message).toContain('there is no such file');
      expect((await refusal(folder)).message).toContain('it is a folder');
      expect((await refusal(join(folder, 'a\u0000b'))).code).toBe('SERVICE_FILE_INVALID');
      const large = join(folder, 'large.yml');
      await writeFile(large, '#'.repeat(70_000));
      expect((await refusal(large)).message).toContain('holds 70000 bytes, more than 65536');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test.each(['/dev/zero', '/dev/null'])('as a device is not read at all: %s', async (path) => {
    expect((await refusal(path)).message).toContain('it is no file');
  });
});

describe('a text that is no YAML of ours', () => {
  test.each([
    ['nothing', '', '1:1  holds nothing → begin with apiVersion: sluice/v1'],
    ['a comment alone', '# later\n', '1:1  holds nothing'],
    ['a list', '- a\n', '1:1  must be a mapping (keys with values); found a list of 1'],
    ['a text', 'hello', '1:1  must be a mapping (keys with values); found "hello"'],
    [
      'two documents',
      `${validText}---\na: 1\n`,
      '26:1  a second document begins here → one file holds one service',
    ],
    [
      'a tab',
      'a:\n\tb: 1\n',
      '2:1  is no YAML here: Tabs are not allowed as indentation → indent with spaces',
    ],
    ['an open bracket', 'a: [1, 2\n', 'a bracket has to be closed'],
    ['an anchor', 'a: &x 1\n', '1:7 a has an anchor (&"x") → remove it'],
    ['an alias', 'a: *x\n', '1:4 a is an alias (*"x") → write out what it stands for'],
    ['a tag', 'a: !!binary aGk=\n', '1:13 a has a tag'],
    ['a tag of nobody', 'a: !evil x\n', 'remove the tag'],
    ['another YAML', '%YAML 1.1\n---\nservice: yes\n', '1:1  must be YAML 1.2'],
    ['a control character', 'a: "b\u0007"\n', '1:6  the character \\u{7} must not stand'],
    ['a nesting', '['.repeat(40) + ']'.repeat(40), 'is nested more than 32 deep'],
    ['a prototype', '__proto__: { a: 1 }\n', '1:1 __proto__ is no name that can be used'],
    ['a key that is no text', '? [a]\n: b\n', 'a key is a plain text'],
  ])('such as %s is refused', (_, text, expected) => {
    expect(said(text).join('\n')).toContain(expected);
  });

  test('such as other encodings is refused where it begins', () => {
    const latin1 = Buffer.concat([Buffer.from('service: shop\ndescription: caf'), Buffer.from([0xe9, 0x0a])]);
    expect(said(latin1)).toEqual(['2:17  is not UTF-8 here → save the file as UTF-8']);
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(validText, 'utf16le')]);
    expect(said(utf16)[0]).toContain('1:1  is not UTF-8 here');
    // A replacement character that somebody wrote is one like any other.
    expect(refusalOf(changed('A small shop', '\ufffd'))).toBeNull();
  });

  test('such as an alias bomb is refused before anything is made of it', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 30; i += 1)
      lines.push(
        `a${String(i)}: &a${String(i)} [${Array(9)
          .fill(`*a${String(i - 1)}`)
          .join(', ')}]`,
      );
    expect(said(lines.join('\n'))[0]).toContain('has an anchor');
  });

  test('is refused with at most 50 problems and their number', () => {
    const text = Array.from({ length: 5000 }, (_, i) => `k${String(i)}: 1`).join('\n');
    const error = refusalOf(text);
    expect(said(text)).toHaveLength(50);
    expect(Number(error?.details?.['total'])).toBeGreaterThan(50);
    expect(JSON.stringify(error?.details).length).toBeLessThan(40_000);
  });
});
