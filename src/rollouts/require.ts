import type { Actor } from '../../runbooks/access.ts';
import { refuseVerb } from '../../runbooks/access.ts';
import { withGrants } from '../../runbooks/access-file.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import { freeText } from '../../runbooks/names.ts';
import type { AccessBlock, AccessVerb, ServiceFile } from '../../runbooks/service.ts';
import { nobodyElse } from '../access/source.ts';
import type { RolloutsDeps } from './deps.ts';

/** Who may do what in that place: the service file, with what `access.yml` grants there; `null`: everywhere. */
export const accessAt = async (
  deps: Pick<RolloutsDeps, 'access'>,
  file: Pick<ServiceFile, 'service' | 'access'>,
  environment: string | null,
): Promise<AccessBlock> => {
  const { file: known } = await (deps.access ?? nobodyElse).look();
  // No environment can have that name: a grant that names its environments is none for all of them.
  return withGrants(file.access, known, { service: file.service, environment: environment ?? '*' });
};

/** @throws SluiceError NOT_AUTHORISED */
export const requireVerb = (access: AccessBlock, actor: Actor, verb: AccessVerb, does: string): void => {
  const refusal = refuseVerb(access, actor, verb);
  if (refusal === null) return;
  throw new SluiceError({
    code: 'NOT_AUTHORISED',
    message: `${actor.id} may not ${does}: ${refusal}`,
    hint: 'Have one of those say it, or be granted it: `access` of the service file, or access.yml.',
  });
};

/** @throws SluiceError USAGE */
export const requireReason = (reason: string): void => {
  if (reason.trim() !== '' && freeText.safeParse(reason).success) return;
  throw new SluiceError({
    code: 'USAGE',
    message: 'A reason is needed, of at most 2,000 characters and without control characters.',
    hint: 'Say it with --reason "…": it is what others are shown.',
  });
};
