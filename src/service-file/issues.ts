import type { z } from 'zod';
import type { ParsedNode } from 'yaml';
import { closest } from '../../runbooks/closest.ts';
import type { Known } from './json-schema.ts';
import { locate, sayPath, valueAt } from './path.ts';
import type { Path } from './path.ts';
import type { Finding } from './problems.ts';
import { mostProblems } from './problems.ts';
import { quoted } from './visible.ts';

type Issue = z.core.$ZodIssue;

/**
 * A place as a problem shows it: a file's own, or (`in`) another's that it inherits from; `because`: who asks for what
 * is missing there.
 */
export type Located = Pick<Finding, 'offset' | 'path' | 'in'> & { readonly because?: string };

/** A parsed document: `value` what was parsed, `known` what may stand where, `find` where it does. */
export type Parsed = {
  readonly value: unknown;
  readonly known: Known;
  readonly find: (path: Path, of: 'key' | 'value') => Located;
};

/** Places in one document. */
export const within =
  (root: ParsedNode | null): Parsed['find'] =>
  (path, of) => ({ offset: locate(root, path, of), path: sayPath(path) });

/** What the schema found wrong, as findings with a place, in words that name what was found and how to mend it. */
export const findingsOf = (issues: readonly Issue[], parsed: Parsed): readonly Finding[] => {
  const unknown = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? unknownKeys(issue, parsed) : [],
  );
  const misspelt = new Set(unknown.map(({ meant }) => meant));
  const others = issues
    .filter((issue) => issue.code !== 'unrecognized_keys')
    .slice(0, 4 * mostProblems)
    .map((issue) => ({ issue, path: pathOf(issue) }))
    // Where `erors` stands for `errors`, it would not help to say that `errors` is missing too.
    .filter(({ path }) => !(isMissing(parsed, path) && misspelt.has(sayPath(path))))
    .map(({ issue, path }) => findingOf(issue, path, parsed));
  return [...unknown.map(({ finding }) => finding), ...others];
};

type Unknown = { readonly finding: Finding; readonly meant: string | null };

const unknownKeys = (
  issue: z.core.$ZodIssueUnrecognizedKeys,
  { find, known: knownAt }: Parsed,
): readonly Unknown[] => {
  const parent = pathOf(issue);
  const { keys: known } = knownAt(parent);
  return issue.keys.slice(0, mostProblems).map((key) => {
    const path = [...parent, key];
    const near = closest(key, known);
    const list = known.length === 0 ? 'nothing may stand here' : `known here: ${known.join(', ')}`;
    return {
      meant: near === null ? null : sayPath([...parent, near]),
      finding: {
        ...find(path, 'key'),
        message: 'is unknown',
        hint: near === null ? list : `did you mean ${near}? (${list})`,
      },
    };
  });
};

const pathOf = ({ path }: Issue): Path =>
  path.map((part) => (typeof part === 'number' ? part : String(part)));

const isMissing = (parsed: Parsed, path: Path): boolean => valueAt(parsed.value, path) === undefined;

const findingOf = (issue: Issue, path: Path, parsed: Parsed): Finding => {
  const { says } = parsed.known(path);
  if (issue.code === 'invalid_key') {
    const message = issue.issues[0]?.message ?? 'is not allowed';
    return { ...parsed.find(path, 'key'), message: `is a key that ${message}`, hint: null };
  }
  const at = parsed.find(path, 'value');
  const { because = null } = at;
  if (isMissing(parsed, path)) {
    const hint = says === null ? 'add it' : `add it (${says})`;
    return { ...at, message: 'is missing', hint: because === null ? hint : `${hint}: ${because}` };
  }
  const value = valueAt(parsed.value, path);
  const { demand, hint } = demandOf(issue, value);
  const mend = hint ?? because ?? purposeOf(path, says);
  return { ...at, message: `${demand}; found ${sayFound(value)}`, hint: mend };
};

const purposeOf = (path: Path, says: string | null): string | null => {
  if (path.length === 0) return 'begin with apiVersion: sluice/v1';
  return says === null ? null : `it stands for: ${says}`;
};

type Demand = { readonly demand: string; readonly hint?: string };

const demandOf = (issue: Issue, value: unknown): Demand => {
  switch (issue.code) {
    case 'invalid_type':
      return typeDemand(issue, value);
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      const near = typeof value === 'string' ? closest(value, allowed) : null;
      const demand = `must be ${allowed.length === 1 ? '' : 'one of '}${allowed.join(', ')}`;
      return near === null ? { demand } : { demand, hint: `did you mean ${near}?` };
    }
    case 'too_small':
      return { demand: `must be at least ${amount(issue.minimum, issue.origin)}` };
    case 'too_big':
      return { demand: `must be at most ${amount(issue.maximum, issue.origin)}` };
    case 'invalid_union':
      return { demand: 'must be plain data: texts, finite numbers, true, false, null, lists and mappings' };
    case 'invalid_format':
    case 'custom':
    case 'not_multiple_of':
    case 'invalid_element':
    case 'invalid_key':
    case 'unrecognized_keys':
      return { demand: issue.message };
    default:
      return unreachable(issue);
  }
};

const names: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list, such as [a, b]',
  object: 'a mapping (keys with values)',
  record: 'a mapping (keys with values)',
};

const typeDemand = (issue: z.core.$ZodIssueInvalidType, value: unknown): Demand => {
  // Schemas with words of their own, such as durations, say more than the type does.
  const own = issue.message.startsWith('Invalid input') ? null : issue.message;
  const demand = own ?? `must be ${names[issue.expected] ?? issue.expected}`;
  if (
    own === null &&
    issue.expected === 'string' &&
    (typeof value === 'number' || typeof value === 'boolean')
  ) {
    return { demand, hint: `put it in quotes: "${String(value)}"` };
  }
  const number = typeof value === 'string' ? /^(\d+)\s?%?$/.exec(value)?.[1] : undefined;
  if (issue.expected === 'number' && number !== undefined) return { demand, hint: `write it as ${number}` };
  return { demand };
};

const amount = (limit: number | bigint, origin: string): string => {
  if (origin === 'string') return `${String(limit)} characters long`;
  if (origin === 'array' || origin === 'object' || origin === 'record') return `${String(limit)} long`;
  return String(limit);
};

/** What was found instead, in a few words. */
export const sayFound = (value: unknown): string => {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return `the number ${String(value)}`;
  if (typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${String(value.length)}`;
  return Object.keys(value).length === 0 ? 'an empty mapping' : 'a mapping';
};

const unreachable = (issue: never): never => {
  throw new Error(`unknown kind of issue: ${JSON.stringify(issue)}`);
};
