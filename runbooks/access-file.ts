import { z } from 'zod';
import { ciSchema } from './ci-block.ts';
import { name, plainText } from './names.ts';
import type { AccessBlock, AccessVerb } from './service.ts';
import { accessVerbs } from './service.ts';

const personSchema = z
  .strictObject({
    slack: z
      .string()
      .regex(/^[UW][A-Z0-9]{2,30}$/, 'must be the id of a Slack user, such as U0123ABCD')
      .optional()
      .describe('id of the Slack user'),
    email: plainText(254)
      .regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address')
      .optional()
      .describe("verified address of the Slack user, where the id isn't given"),
  })
  .describe('somebody who speaks to Sluice');

const tokenSchema = z
  .strictObject({
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits, as sluice token create prints them')
      .describe('SHA-256 of the token, in hex; the token itself stands nowhere'),
    person: name.optional().describe('whose token it is; without one it is a machine with its own name'),
    expires: z.iso.date('must be a day such as 2027-01-31').describe('last day on which it is taken, by UTC'),
    revoked: z.boolean().default(false).describe('true: it is refused from now on, and its owner told so'),
  })
  .describe('a bearer token of the API');

const grantSchema = z
  .strictObject({
    to: z.array(name).min(1).max(50).describe('groups'),
    may: z.array(z.enum(accessVerbs)).min(1).describe('what they may say'),
    services: z.array(name).min(1).max(500).optional().describe('only of these; left out: of all'),
    environments: z.array(name).min(1).max(50).optional().describe('only there; left out: everywhere'),
  })
  .describe('what groups may do, beside what the service files say');

const shape = z.strictObject({
  apiVersion: z.literal('sluice/v1').describe('version of this format'),
  people: z.record(name, personSchema).prefault({}).describe('people, by the name that the ledger keeps'),
  tokens: z.record(name, tokenSchema).prefault({}).describe('tokens, by name'),
  ci: z.record(name, ciSchema).prefault({}).describe('pipelines, by the name that the ledger keeps'),
  groups: z
    .record(name, z.array(name).max(1000))
    .prefault({})
    .describe('groups of people, of machines (tokens without a person) and of pipelines'),
  grants: z.array(grantSchema).max(500).prefault([]).describe('rights, beside those in service files'),
});

/** `access.yml`: who is who, and who may do what where. Source: docs/access.md. */
export const accessFileSchema = shape.superRefine((file, context) => {
  const refuse = (path: (string | number)[], message: string): void => {
    context.addIssue({ code: 'custom', path, message });
  };
  const machines = new Set(
    Object.entries(file.tokens).flatMap(([token, { person }]) => (person === undefined ? [token] : [])),
  );
  for (const [token, { person }] of Object.entries(file.tokens)) {
    if (person !== undefined && !Object.hasOwn(file.people, person))
      refuse(['tokens', token, 'person'], 'must be one of people');
    if (person === undefined && Object.hasOwn(file.people, token))
      refuse(['tokens', token], 'must not be called as somebody in people is, or say person');
  }
  for (const pipeline of Object.keys(file.ci))
    if (Object.hasOwn(file.people, pipeline) || machines.has(pipeline))
      refuse(['ci', pipeline], 'must not be called as somebody in people, or a token without a person, is');
  for (const [group, members] of Object.entries(file.groups))
    for (const [index, member] of members.entries())
      if (!Object.hasOwn(file.people, member) && !Object.hasOwn(file.ci, member) && !machines.has(member))
        refuse(['groups', group, index], 'must be one of people or ci, or a token without a person');
  for (const [index, { to }] of file.grants.entries())
    for (const [at, group] of to.entries())
      if (!Object.hasOwn(file.groups, group)) refuse(['grants', index, 'to', at], 'must be one of groups');
  refuseTwice(Object.entries(file.tokens), 'sha256', (token) => {
    refuse(['tokens', token, 'sha256'], 'must not stand at another token, too');
  });
  for (const key of ['slack', 'email'] as const)
    refuseTwice(Object.entries(file.people), key, (person) => {
      refuse(['people', person, key], 'must not be that of somebody else, too');
    });
});

export type AccessFile = z.output<typeof accessFileSchema>;

const refuseTwice = <Key extends string>(
  entries: readonly (readonly [string, Readonly<Partial<Record<Key, string | undefined>>>])[],
  key: Key,
  refuse: (name: string) => void,
): void => {
  const seen = new Set<string>();
  for (const [who, row] of entries) {
    const value = row[key]?.toLowerCase();
    if (value === undefined) continue;
    if (seen.has(value)) refuse(who);
    seen.add(value);
  }
};

/** The groups of a person, of a machine's token, or of a pipeline. */
export const groupsOf = ({ groups }: AccessFile, member: string): readonly string[] =>
  Object.entries(groups).flatMap(([group, members]) => (members.includes(member) ? [group] : []));

/**
 * What a service file says of who may do what, with what `access.yml` grants in that place. A grant adds; it never
 * makes a right narrower, which is why one for `abort` counts only where the service file has narrowed that.
 */
export const withGrants = (
  block: AccessBlock,
  file: AccessFile | null,
  place: { readonly service: string; readonly environment: string },
): AccessBlock => {
  const here = (file?.grants ?? []).filter(
    ({ services, environments }) =>
      (services?.includes(place.service) ?? true) && (environments?.includes(place.environment) ?? true),
  );
  const row = (verb: AccessVerb): readonly (readonly [AccessVerb, string[]])[] => {
    const granted = here.flatMap(({ may, to }) => (may.includes(verb) ? to : []));
    const said = block[verb];
    if (said === undefined && (granted.length === 0 || verb === 'abort')) return [];
    return [[verb, [...new Set([...(said ?? []), ...granted])]]];
  };
  return Object.fromEntries(accessVerbs.flatMap(row));
};
