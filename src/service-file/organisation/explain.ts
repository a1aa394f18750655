import { stringify } from 'yaml';
import type { Given, Tree } from '../../../runbooks/organisation/tree.ts';
import { isBranch } from '../../../runbooks/organisation/tree.ts';
import type { Document } from '../document.ts';
import { openDocument } from '../document.ts';
import type { Path } from '../path.ts';
import { locate, sayPath } from '../path.ts';
import { placeOf } from '../problems.ts';
import type { LoadedService } from '../read.ts';
import { effectiveOf, whole } from './effective.ts';

/** Who said a value, and in which line of which file; the product has no file. */
export type ValueOrigin =
  | { readonly by: 'service' | 'defaults' | 'floors'; readonly file: string; readonly line: number }
  | { readonly by: 'product' };

/** One value of a service file as it counts: its place, the environment it belongs to (`null`: to none), its text. */
export type ExplainedValue = {
  readonly path: string;
  readonly environment: string | null;
  /** As YAML in one line. */
  readonly value: string;
  readonly origin: ValueOrigin;
};

/** What counts for a service, or for one environment of it and for all. */
export type EffectiveConfig = {
  readonly service: string;
  readonly environment: string | null;
  readonly values: readonly ExplainedValue[];
};

/** Everything that counts, with who said it, in the order of the file; what it does not say comes last. */
export const explain = ({ text, path, organisation }: LoadedService): readonly ExplainedValue[] => {
  const document = openDocument(text, path);
  const { tree } = effectiveOf(document, organisation, 'floors');
  const originOf = ({ by, path: place }: Given): ValueOrigin => {
    if (by === 'product') return { by };
    const of: Document = by === 'service' || organisation === null ? document : organisation.document;
    const { line } = placeOf(of.body, locate(of.root, place, 'key'));
    return { by, file: of.path, line };
  };
  return leaves(whole(tree), []).map(({ at, value, given }) => ({
    path: sayPath(at),
    environment: at[0] === 'environments' && typeof at[1] === 'string' ? at[1] : null,
    value: stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim(),
    origin: originOf(given),
  }));
};

type LeafAt = { readonly at: Path; readonly value: unknown; readonly given: Given };

const leaves = (tree: Tree, at: Path): readonly LeafAt[] => {
  if (!isBranch(tree)) return [{ at, value: tree.value, given: tree.given }];
  if (tree.members.size === 0) return [{ at, value: {}, given: tree.given }];
  return [...tree.members].flatMap(([key, member]) => leaves(member, [...at, key]));
};
