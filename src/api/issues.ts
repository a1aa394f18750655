import type { z } from 'zod';
import type { Problem } from '../../runbooks/errors.ts';

const partNames = {
  params: 'path',
  body: 'body',
  querystring: 'query',
  headers: 'header',
} as const;
export type RequestPart = keyof typeof partNames;

/** In the order in which people read a request. */
export const requestParts = [
  'params',
  'body',
  'querystring',
  'headers',
] as const satisfies readonly RequestPart[];

/** More than these nobody reads, and a hostile body could ask for thousands. */
const mostIssues = 20;
const longestName = 60;

/** What is wrong with one part of a request, each with its path: `body.version: must be …`. */
export const sayIssues = (part: RequestPart, issues: readonly z.core.$ZodIssue[]): readonly Problem[] =>
  issues.slice(0, mostIssues).map((issue) => {
    const path = [partNames[part], ...issue.path.map((step) => short(String(step)))].join('.');
    return { code: 'USAGE', message: `${path}: ${sentence(issue)}.`, details: { path } };
  });

const sentence = (issue: z.core.$ZodIssue): string => {
  switch (issue.code) {
    case 'unrecognized_keys':
      return `does not take ${issue.keys
        .slice(0, 5)
        .map((key) => JSON.stringify(short(key)))
        .join(', ')}`;
    case 'invalid_type':
      return issue.message.endsWith('received undefined')
        ? 'is missing'
        : `must be ${article(issue.expected)}`;
    case 'too_big':
      return `must be at most ${String(issue.maximum)}${issue.origin === 'string' ? ' characters long' : ''}`;
    case 'too_small':
      return issue.origin === 'string' ? 'must not be empty' : `must be at least ${String(issue.minimum)}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return issue.message;
    default:
      return unreachable(issue);
  }
};

const article = (expected: string): string =>
  /^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`;

/** A hostile name would garble the answer. */
const short = (text: string): string => {
  const plain = text.replace(/[\p{Cc}\p{Surrogate}]/gu, '\ufffd');
  return plain.length > longestName ? `${plain.slice(0, longestName)}…` : plain;
};

const unreachable = (issue: never): never => {
  throw new Error(`issue ${JSON.stringify(issue)}`);
};
