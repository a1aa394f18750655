import { resolve } from 'node:path';
import { parseImage } from '../../../runbooks/artifact.ts';
import {
  allowsSecret,
  hostsSchema,
  isPathWithin,
  programsSchema,
  secretsSchema,
} from '../../../runbooks/organisation/allowed-block.ts';
import type { Mention } from '../../../runbooks/organisation/mentions.ts';
import { mentionsIn } from '../../../runbooks/organisation/mentions.ts';
import type { Given, Keys, Tree } from '../../../runbooks/organisation/tree.ts';
import { at, plain } from '../../../runbooks/organisation/tree.ts';
import { hostsAllowed } from './hosts.ts';

/**
 * Something that is named and not allowed. `path`: what has to be mended; `list`: where the list stands in the
 * organisation's file.
 */
export type Unlisted = {
  readonly mention: Mention;
  readonly path: Keys;
  readonly message: string;
  readonly allowed: readonly string[];
  readonly list: Given;
};

/** Whose file it is: its name (`null`: any service's), and the folder where its paths begin. */
export type Whose = { readonly service: string | null; readonly folder: string };

const schemas = { secrets: secretsSchema, programs: programsSchema, hosts: hostsSchema } as const;

/** What a service file names, with what it inherits, and the lists of the organisation do not have. */
export const unlistedIn = (tree: Tree, floors: Tree | undefined, whose: Whose): readonly Unlisted[] => {
  const list = (name: keyof typeof schemas) => {
    const found = at(floors, [name]);
    // A list that its schema refuses is told there; nothing can be held to it.
    const entries = found === undefined ? undefined : schemas[name].safeParse(plain(found)).data;
    return found === undefined || entries === undefined ? null : { entries, given: found.given };
  };
  const lists = { secrets: list('secrets'), programs: list('programs'), hosts: list('hosts') };
  const allowsHost = hostsAllowed(lists.hosts?.entries ?? []);
  return mentionsIn(tree).flatMap((mention): readonly Unlisted[] => {
    const { kind, text, path } = mention;
    const of = lists[listOf[kind]];
    if (of === null) return [];
    const unlisted = (message: string, mend: Keys = path): readonly Unlisted[] => [
      { mention, path: mend, message, allowed: of.entries, list: of.given },
    ];
    switch (kind) {
      case 'secret':
        if (allowsSecret(of.entries, text, whose.service)) return [];
        return unlisted('names a secret that this service may not have');
      case 'program': {
        if (allowsProgram(of.entries, mention, tree, whose.folder)) return [];
        const moved = movedBy(mention, tree);
        if (moved === null) return unlisted('is a program that no service may have run');
        return unlisted(`leads to a program that no service may have run`, moved);
      }
      case 'host': {
        const address = addressOf(mention);
        if (address === null || allowsHost(address)) return [];
        return unlisted('names a host that no service may have asked');
      }
      case 'variable':
        return unlisted('is a variable that could put another program in the place of an allowed one');
    }
  });
};

const listOf = { secret: 'secrets', program: 'programs', host: 'hosts', variable: 'programs' } as const;

/** `null`: no name of an image, which the schema tells. */
const addressOf = ({ path, text }: Mention): string | null => {
  if (path[0] !== 'artifact') return text;
  const image = parseImage(text);
  return image === null ? null : `https://${image.host}`;
};

const directoryAt = ({ path }: Mention): Keys => [...path.slice(0, -2), 'directory'];

/** Where a file says the folder of a program that it inherits: that is what has to be mended, not the program. */
const movedBy = (mention: Mention, tree: Tree): Keys | null => {
  const said = at(tree, directoryAt(mention));
  return said?.given.by === 'service' && mention.given.by !== 'service' ? directoryAt(mention) : null;
};

/**
 * A name is looked up in PATH and compared as it is; a path is compared by where it leads from the folder in which the
 * program runs. Links are not followed.
 */
const allowsProgram = (entries: readonly string[], mention: Mention, tree: Tree, folder: string): boolean => {
  const { text } = mention;
  if (!text.includes('/')) return entries.includes(text);
  const said = at(tree, directoryAt(mention));
  const directory = said === undefined ? '.' : plain(said);
  // A folder that is no text is told by the schema.
  const absolute = resolve(folder, typeof directory === 'string' ? directory : '.', text);
  return entries
    .filter((entry) => entry.includes('/'))
    .some((entry) => isPathWithin(absolute, `${resolve(folder, entry)}${entry.endsWith('/') ? '/' : ''}`));
};
