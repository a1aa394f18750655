import type { AccessState } from '../access/source.ts';

/** So many are called by name; more would wake a company. */
const most = 20;

/** Whom a line calls: groups of `access.yml` and people by their ids there, without those whom it does not concern. */
export type Called = {
  readonly groups: readonly string[];
  readonly people: readonly string[];
  readonly except: readonly string[];
};

export const nobody: Called = { groups: [], people: [], except: [] };

export const callsAnybody = ({ groups, people }: Called): boolean => groups.length + people.length > 0;

/**
 * Mentions of those whom `access.yml` knows by their Slack id: those that it knows by address alone are not looked up.
 * Ids only, as its schema has checked them: nothing that people wrote is ever in it. Empty where there are none.
 */
export const mentionsOf = ({ file }: AccessState, { groups, people, except }: Called): string => {
  if (file === null) return '';
  const members = new Set([...people, ...groups.flatMap((group) => file.groups[group] ?? [])]);
  for (const member of except) members.delete(member);
  const ids = [...members].flatMap((member) => file.people[member]?.slack ?? []);
  return ids
    .slice(0, most)
    .map((id) => `<@${id}>`)
    .join(' ');
};
