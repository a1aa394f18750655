import { z } from 'zod';

/** Names of services, environments and groups: what a DNS label allows, because they stand in ids and addresses. */
export const name = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    'must be 1 to 63 lower-case letters, digits or dashes, and begin and end with a letter or digit',
  );

const mutableTags = new Set([
  'latest',
  'stable',
  'current',
  'head',
  'main',
  'master',
  'trunk',
  'dev',
  'develop',
  'edge',
  'nightly',
  'canary',
  'snapshot',
  'next',
  'release',
]);

/** Whether the tag is one that people move: deploying it would not say what runs. */
export const isMutableTag = (version: string): boolean => mutableTags.has(version.toLowerCase());

/** A version as a tag: no slash and no leading dot, so that it can stand in a path or an image reference. */
export const version = z
  .string()
  .regex(
    /^[0-9A-Za-z][0-9A-Za-z._+-]{0,127}$/,
    'must be 1 to 128 letters, digits, dots, dashes, underscores or pluses, and begin with a letter or digit',
  );

/** No control characters: they would garble a terminal and a log. Tabs and line feeds may stand. */
const isPlain = (text: string): boolean => !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text);

/** Text that is shown to people or compared with an answer; `max` characters. */
export const plainText = (max: number) =>
  z.string().min(1).max(max).refine(isPlain, 'must not hold control characters');

/** The incident that a hotfix mends, as its own system calls it. */
export const incidentId = plainText(100);

/** Free text by a person. */
export const freeText = z.string().max(2000).refine(isPlain, 'must not hold control characters');
