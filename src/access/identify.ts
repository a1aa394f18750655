import { createHash } from 'node:crypto';
import type { Actor } from '../../runbooks/access.ts';
import type { AccessFile } from '../../runbooks/access-file.ts';
import { groupsOf } from '../../runbooks/access-file.ts';
import type { Problem } from '../../runbooks/errors.ts';
import type { AccessState } from './source.ts';

/** SHA-256 (hex): what is kept of a token. */
export const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/**
 * Whom a bearer token stands for, at `now` (ms). Its hash is looked up: how long that takes tells nothing of any token.
 */
export const actorOfToken = (
  { file, broken }: AccessState,
  token: string,
  now: number,
): { readonly actor: Actor } | { readonly refusal: Problem } => {
  const sha256 = hashOf(token);
  const found = Object.entries(file?.tokens ?? {}).find(([, row]) => row.sha256 === sha256);
  if (file === null || found === undefined) return { refusal: broken === null ? unknown : undecided(broken) };
  const [name, { expires, revoked, person }] = found;
  if (revoked) return { refusal: spent(`The token ${name} has been revoked.`) };
  if (new Date(now).toISOString().slice(0, 10) > expires)
    return { refusal: spent(`The token ${name} has expired: its last day was ${expires}.`) };
  return { actor: actorOf(file, person ?? `token:${name}`, person ?? name, 'token', broken !== null) };
};

/** Whom a user of the workspace stands for, by id, or by the verified address. Unknown ones have no groups. */
export const actorOfSlack = (
  { file, broken }: AccessState,
  user: { readonly id: string; readonly email: string | null },
): Actor => {
  const people = Object.entries(file?.people ?? {});
  const email = user.email?.toLowerCase() ?? null;
  const found =
    people.find(([, { slack }]) => slack === user.id) ??
    people.find(([, row]) => row.slack === undefined && email !== null && row.email?.toLowerCase() === email);
  const unsure = broken !== null;
  if (file === null || found === undefined)
    return { id: `slack:${user.id}`, via: 'slack', groups: [], ...(unsure ? { unsure } : {}) };
  return actorOf(file, found[0], found[0], 'slack', unsure);
};

const actorOf = (
  file: AccessFile,
  id: string,
  member: string,
  via: 'token' | 'slack',
  unsure: boolean,
): Actor => ({ id, via, groups: groupsOf(file, member), ...(unsure ? { unsure } : {}) });

const unknown: Problem = {
  code: 'UNAUTHENTICATED',
  message: 'Nobody knows that token here.',
  hint: "The operator's stands in the daemon's data folder, others in access.yml: Authorization: Bearer TOKEN (the CLI: SLUICE_TOKEN).",
};

const spent = (message: string): Problem => ({
  code: 'UNAUTHENTICATED',
  message,
  hint: 'Have a new one put into access.yml: sluice token create NAME',
});

const undecided = (broken: { readonly message: string }): Problem => ({
  code: 'ACCESS_FILE_INVALID',
  message: `Who you are can not be told: ${broken.message}`,
  hint: 'Whoever keeps access.yml mends it: sluice lint shows every problem. The operator is known without it.',
});
