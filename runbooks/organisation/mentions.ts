import { matches } from './patterns.ts';
import type { Given, Keys, Tree } from './tree.ts';
import { isBranch } from './tree.ts';

/** What an organisation may hold a service file to naming only as it allows. */
export type MentionKind = 'secret' | 'program' | 'host' | 'variable';

/** Something outside that a service file names. `path`: where it stands in a service file. */
export type Mention = {
  readonly kind: MentionKind;
  readonly text: string;
  readonly path: Keys;
  readonly given: Given;
};

/**
 * Where each of them is named. A list counts whole for hosts, and by its first, the program, for programs. Held to the
 * schema by test/runbooks/organisation: a new place of a secret, a program or a host has to be written here.
 */
export const mentionPlaces = {
  secret: [
    'artifact.auth.bearer',
    'artifact.auth.basic.password',
    'artifact.tls.*',
    'environments.*.target.*.env.*',
    'environments.*.gates.source.*.auth.bearer',
    'environments.*.gates.source.*.auth.basic.password',
    'environments.*.gates.source.*.tls.*',
    'environments.*.migrations.sql.url',
    'environments.*.migrations.command.env.*',
    'environments.*.flags.unleash.token',
    'environments.*.page.pagerduty.routingKey',
  ],
  program: [
    'environments.*.target.haproxy.start',
    'environments.*.target.haproxy.stop',
    ...['observe', 'deploy', 'shift', 'scale', 'promote', 'retire', 'address'].map(
      (verb) => `environments.*.target.command.${verb}`,
    ),
    ...['status', 'expand', 'contract'].map((verb) => `environments.*.migrations.command.${verb}`),
  ],
  host: [
    'artifact.image',
    'environments.*.gates.source.prometheus.url',
    'environments.*.gates.source.scrape.url',
    'environments.*.gates.source.scrape.urls',
    'environments.*.flags.unleash.url',
  ],
} as const satisfies Readonly<Record<Exclude<MentionKind, 'variable'>, readonly string[]>>;

/** Names of variables that decide which program a name stands for, or what is loaded into it. */
const steering = /^(?:PATH|LD_.*|DYLD_.*)$/;
const variablePlaces = ['environments.*.target.*.env.*', 'environments.*.migrations.command.env.*'];

/** Everything of that kind that a service file names, with what it inherits. */
export const mentionsIn = (tree: Tree): readonly Mention[] => walk(tree, []);

const walk = (tree: Tree, path: Keys): readonly Mention[] => {
  if (isBranch(tree)) return [...tree.members].flatMap(([key, member]) => walk(member, [...path, key]));
  const { value, given } = tree;
  const is = (patterns: readonly string[]): boolean => patterns.some((pattern) => matches(path, pattern));
  const texts = (list: unknown, kind: MentionKind): readonly Mention[] =>
    (Array.isArray(list) ? list : []).flatMap((text: unknown, i): readonly Mention[] =>
      typeof text === 'string'
        ? [{ kind, text, path: [...path, i], given: { ...given, path: [...given.path, i] } }]
        : [],
    );
  const one = (kind: MentionKind): readonly Mention[] =>
    typeof value === 'string' ? [{ kind, text: value, path, given }] : texts(value, kind);
  const name = String(path.at(-1));
  return [
    ...(is(mentionPlaces.secret) ? one('secret') : []),
    ...(is(mentionPlaces.program) ? texts(Array.isArray(value) ? value.slice(0, 1) : [], 'program') : []),
    ...(is(mentionPlaces.host) ? one('host') : []),
    ...(is(variablePlaces) && steering.test(name)
      ? [{ kind: 'variable' as const, text: name, path, given }]
      : []),
  ];
};
