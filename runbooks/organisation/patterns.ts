import type { Keys } from './tree.ts';

/** Whether a path has the form of a pattern such as `environments.*.target`; `*` is any one key or position. */
export const matches = (path: Keys, pattern: string): boolean => {
  const parts = pattern === '' ? [] : pattern.split('.');
  return parts.length === path.length && parts.every((part, i) => part === '*' || part === String(path[i]));
};
