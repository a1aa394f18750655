import type { Matcher } from '../../runbooks/counter-query.ts';
import { fillValue, namesVersion } from '../../runbooks/promql.ts';
import { areLocal } from './matching.ts';

type Labels = Readonly<Record<string, string>>;

const selects = ({ op, value }: Matcher): boolean => (op === '=' || op === '=~') && namesVersion(value);

/** Labels by which a query picks its version. */
export const versionLabels = (matchers: readonly Matcher[]): readonly string[] => [
  ...new Set(matchers.filter(selects).map(({ label }) => label)),
];

/** The shortest text that a pattern was surely meant for: `shop-$version.*` → `shop-2.0.4`; `null`: hard to tell. */
const plainest = ({ op, value }: Matcher, version: string): string | null => {
  if (op === '=') return fillValue(value, version, false);
  const bare = value.replace(/\.\*/g, '').replace(/\.\+/g, 'x').replace('$version', '\u0000');
  const literal = bare.replace(/\\([^A-Za-z0-9])/g, '$1');
  return /(?:^|[^\\])[.*+?()|[\]{}^$]/.test(bare) ? null : literal.replace('\u0000', () => version);
};

/** Whether a matcher, filled with `version`, lets what belongs to `other` through; where it is hard to tell, no. */
const catches = (matcher: Matcher, version: string, other: string): boolean => {
  const text = plainest(matcher, other);
  const filled = fillValue(matcher.value, version, matcher.op === '=~');
  if (matcher.op === '=') return text === filled;
  return text !== null && areLocal([matcher]) && new RegExp(`^(?:${filled})$`).test(text);
};

/**
 * The matcher by which a query for `version` reads what belongs to `other` as well; `null`: none is known. One matcher
 * that keeps the other version out is enough.
 */
export const catchesOther = (
  matchers: readonly Matcher[],
  version: string,
  other: string,
): Matcher | null => {
  const chosen = matchers.filter(selects);
  const all = version !== other && chosen.every((matcher) => catches(matcher, version, other));
  return all ? (chosen[0] ?? null) : null;
};

/** A label whose values are several versions. */
export type MixedLabel = { readonly label: string; readonly values: readonly string[] };

const soundsLikeVersion = /(?:^|_)(?:version|release|revision|tag)(?:_|$)/i;

/**
 * The label that shows series to be of several versions although one was asked for: one that the query picks the
 * version by, or that is named like one, with this version and others as values.
 */
export const mixedVersions = (
  matchers: readonly Matcher[],
  version: string,
  series: readonly Labels[],
): MixedLabel | null => {
  const values = new Map<string, Set<string>>();
  for (const labels of series) {
    for (const [label, value] of Object.entries(labels)) {
      const seen = values.get(label);
      if (seen === undefined) values.set(label, new Set([value]));
      else seen.add(value);
    }
  }
  for (const [label, seen] of values) {
    const own = matchers.filter((matcher) => matcher.label === label && selects(matcher));
    const exact = own.map((matcher) => plainest(matcher, version));
    if (soundsLikeVersion.test(label)) exact.push(version);
    if (seen.size > 1 && exact.some((value) => value !== null && seen.has(value)))
      return { label, values: [...seen].sort() };
  }
  return null;
};
