import type { AccessState } from '../access/source.ts';

/** So many are called by name; more would wake a company. */
const most = 20;

/**
 * Mentions of those in the groups whom `access.yml` knows by their Slack id: those that it knows by address alone are not
 * looked up. Ids only, as its schema has checked them: nothing that people wrote is ever in it. Empty where there are none.
 */
export const mentionsOf = ({ file }: AccessState, groups: readonly string[]): string => {
  if (file === null) return '';
  const members = new Set(groups.flatMap((group) => file.groups[group] ?? []));
  const ids = [...members].flatMap((member) => file.people[member]?.slack ?? []);
  return ids
    .slice(0, most)
    .map((id) => `<@${id}>`)
    .join(' ');
};
