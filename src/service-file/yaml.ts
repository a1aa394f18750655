import { isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { ParsedNode, YAMLError } from 'yaml';
import { sayPath } from './path.ts';
import type { Path } from './path.ts';
import type { Finding } from './problems.ts';
import { quoted, visible } from './visible.ts';

/** Nesting that a service file needs at most; deeper ones are an attack or a mistake. */
const deepest = 32;

/** `value` is `undefined` where the findings leave nothing that could be looked at further. */
export type YamlRead = {
  readonly root: ParsedNode | null;
  readonly value: unknown;
  readonly findings: readonly Finding[];
};

/**
 * One YAML 1.2 document as plain data. Refuses what makes a file say something else than it seems to: a second
 * document, aliases, tags, keys that stand twice. Never throws for any text; its time grows with the text's length.
 */
export const readYaml = (text: string): YamlRead => {
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/.exec(text);
  if (control !== null) {
    const message = `the character ${visible(control[0])} must not stand in a YAML file`;
    return nothing([
      { offset: control.index, path: '', message, hint: 'remove it, or write it as "\\x07" in quotes' },
    ]);
  }
  // Duplicate keys are looked for below: the parser compares every key with every other one.
  const document = parseDocument(text, {
    prettyErrors: false,
    uniqueKeys: false,
    stringKeys: true,
    logLevel: 'error',
  });
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0) return nothing(errors.map(syntaxFinding));
  if (document.directives.yaml.explicit === true && document.directives.yaml.version !== '1.2') {
    return nothing([{ offset: 0, path: '', message: 'must be YAML 1.2', hint: 'remove the %YAML line' }]);
  }
  const root: ParsedNode | null = document.contents;
  if (root === null || (isScalar(root) && root.value === null)) {
    return nothing([
      { offset: 0, path: '', message: 'holds nothing', hint: 'begin with apiVersion: sluice/v1' },
    ]);
  }
  const reading: Reading = { findings: [], unusable: false };
  const value = plain(root, [], reading);
  return { root, value: reading.unusable ? undefined : value, findings: reading.findings };
};

type Reading = { readonly findings: Finding[]; unusable: boolean };

const nothing = (findings: readonly Finding[]): YamlRead => ({ root: null, value: undefined, findings });

const plain = (node: ParsedNode | null, path: Path, reading: Reading): unknown => {
  if (node === null) return null;
  const refuse = (message: string, hint: string): null => {
    reading.unusable = true;
    reading.findings.push({ offset: node.range[0], path: sayPath(path), message, hint });
    return null;
  };
  if (isAlias(node)) return refuse(`is an alias (*${quoted(node.source)})`, 'write out what it stands for');
  if (node.anchor !== undefined) return refuse(`has an anchor (&${quoted(node.anchor)})`, 'remove it');
  if (node.tag !== undefined) return refuse(`has a tag (${quoted(node.tag)})`, 'remove it');
  if (isScalar(node)) return node.value;
  if (path.length >= deepest) return refuse(`is nested more than ${String(deepest)} deep`, 'flatten it');
  if (isSeq(node)) return node.items.map((item, index) => plain(item, [...path, index], reading));
  if (!isMap(node)) return refuse('is neither a mapping, a list nor a value', 'write it as a mapping');
  const found: Record<string, unknown> = {};
  for (const pair of node.items) {
    const key = String(isScalar(pair.key) ? pair.key.value : pair.key);
    const at: Finding = { offset: pair.key.range[0], path: sayPath([...path, key]), message: '', hint: null };
    if (key === '__proto__') {
      reading.findings.push({ ...at, message: 'is no name that can be used', hint: 'give it another name' });
    } else if (Object.hasOwn(found, key)) {
      reading.findings.push({ ...at, message: 'stands here a second time', hint: 'keep one of the two' });
    } else {
      found[key] = plain(pair.value, [...path, key], reading);
    }
  }
  return found;
};

const mends: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  TAB_AS_INDENT: 'indent with spaces',
  MULTIPLE_DOCS: 'one file holds one service: remove the line with ---, or make two files',
  BLOCK_AS_IMPLICIT_KEY: 'put a text that holds ": " in quotes, or the inner key on a line of its own',
  MULTILINE_IMPLICIT_KEY: 'is a colon missing after the key, or is the line before indented differently?',
  BAD_INDENT:
    'keys of one mapping begin in one column, what belongs to them further right; a bracket has to be closed',
  MISSING_CHAR: 'close the quote or bracket that was opened',
  BAD_SCALAR_START: 'put the text in quotes',
  BAD_DQ_ESCAPE: "put the text in 'single quotes', where a backslash is a backslash",
  RESOURCE_EXHAUSTION: `nest at most ${String(deepest)} deep`,
  TAG_RESOLVE_FAILED: 'remove the tag',
  NON_STRING_KEY: 'a key is a plain text',
};

const syntaxFinding = (error: YAMLError): Finding => ({
  offset: error.pos[0],
  path: '',
  message:
    error.code === 'MULTIPLE_DOCS'
      ? 'a second document begins here'
      : `is no YAML here: ${visible(error.message.slice(0, 160))}`,
  hint: mends[error.code] ?? null,
});
