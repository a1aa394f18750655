import { dirname, resolve } from 'node:path';
import { freezeSchema } from '../../../runbooks/freeze-block.ts';
import { breachesOf } from '../../../runbooks/organisation/floors.ts';
import { inheritAll, withImplied } from '../../../runbooks/organisation/inherit.ts';
import type { Given, Tree } from '../../../runbooks/organisation/tree.ts';
import { at, isBranch, plain, treeOf } from '../../../runbooks/organisation/tree.ts';
import { windowIssues } from '../freeze-issues.ts';
import { sayFound } from '../issues.ts';
import { locate, sayPath } from '../path.ts';
import type { Finding } from '../problems.ts';
import { quoted } from '../visible.ts';
import { floorsOf, sayDemand, sayGiven } from './effective.ts';
import { isHostEntry } from './hosts.ts';
import { unlistedIn } from './lists.ts';
import type { Organisation } from './read.ts';

/** What is wrong with an organisation's file whose form is right: defaults that are looser than its own floors. */
export const contradictions = (organisation: Organisation): readonly Finding[] => {
  const { defaults, floors, document } = organisation;
  const placed = (given: Given): Pick<Finding, 'offset' | 'path'> => ({
    offset: locate(document.root, given.path, 'value'),
    path: sayPath(given.path),
  });
  const tree = everyEnvironment(defaults, floors);
  const environments = at(tree, ['environments']);
  const breaches = !isBranch(environments)
    ? []
    : [...environments.members].flatMap(([name, environment]) =>
        floorsOf(floors, name).flatMap((each) => breachesOf(withImplied(environment), each)),
      );
  const unlisted = unlistedIn(tree, floors, { service: null, folder: dirname(resolve(document.path)) });
  const found = [
    ...breaches.flatMap(({ given, demand, found: said, floor }): readonly Finding[] =>
      given?.by !== 'defaults'
        ? []
        : [
            {
              ...placed(given),
              message: `${sayDemand(demand)}; found ${sayFound(said)}`,
              hint: `tighten it: the floor stands in ${sayGiven(floor, document)}`,
            },
          ],
    ),
    ...unlisted.map(({ mention, message, list }) => ({
      ...placed(mention.given),
      message: `${message}; found ${quoted(mention.text)}`,
      hint: `put it on the list in ${sayGiven(list, document)}, or take it out here`,
    })),
    ...hostFindings(organisation),
    ...freezeFindings(organisation),
  ];
  // What is said for every environment is found in each of them.
  return [...new Map(found.map((one) => [`${String(one.offset)} ${one.message}`, one])).values()];
};

/** The defaults as a service would have them that declares every environment that the file names. */
const everyEnvironment = (defaults: Tree | undefined, floors: Tree | undefined): Tree => {
  const named = [defaults, floors].flatMap((each) => {
    const environments = at(each, ['environments']);
    return isBranch(environments) ? [...environments.members.keys()] : [];
  });
  const empty = Object.fromEntries(['*', ...named].map((name) => [name, {}]));
  return inheritAll(treeOf({ environments: empty }, { by: 'product', path: [] }), defaults);
};

const hostFindings = ({ floors, document }: Organisation): readonly Finding[] => {
  const hosts = at(floors, ['hosts']);
  const entries = hosts === undefined ? [] : plain(hosts);
  return (Array.isArray(entries) ? entries : []).flatMap((entry: unknown, i): readonly Finding[] => {
    if (typeof entry !== 'string' || isHostEntry(entry)) return [];
    const path = ['floors', 'hosts', i];
    return [
      {
        offset: locate(document.root, path, 'value'),
        path: sayPath(path),
        message: `is no host that could be asked; found ${quoted(entry)}`,
        hint: 'write a name, or an address such as 10.0.0.7 or [fd00::7]',
      },
    ];
  });
};

/** What a schema can not see of a freeze, because it knows no calendar and no time zones. */
const freezeFindings = ({ defaults, floors, document }: Organisation): readonly Finding[] =>
  [defaults, floors].flatMap((part) => {
    const environments = at(part, ['environments']);
    if (!isBranch(environments)) return [];
    return [...environments.members.values()].flatMap((environment) => {
      const windows = at(environment, ['freeze', 'windows']);
      const parsed = windows === undefined ? null : freezeSchema.shape.windows.safeParse(plain(windows));
      if (windows === undefined || parsed?.data === undefined) return [];
      return windowIssues(parsed.data, windows.given.path).map(({ path, message, input }) => ({
        offset: locate(document.root, path, 'value'),
        path: sayPath(path),
        message: `${message}; found ${sayFound(input)}`,
        hint: null,
      }));
    });
  });
