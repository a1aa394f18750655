import { v7 as uuidv7 } from 'uuid';
import type { Actor } from '../../runbooks/access.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import { findService } from '../service-file/folder.ts';
import type { QuarantineView } from '../store/views.ts';
import type { RolloutsDeps } from './deps.ts';
import { accessAt, requireReason, requireVerb } from './require.ts';

export type LiftRequest = { readonly digest: string; readonly reason: string; readonly actor: Actor };

/**
 * A digest that a breach rolled back may be deployed again, by decision of a person that the chain keeps. A later
 * breach puts it back. Needs the right to override in the service that it was rolled back of.
 * @throws SluiceError NOT_FOUND where the digest is not in quarantine, NOT_AUTHORISED, USAGE
 */
export const liftQuarantine = async (deps: RolloutsDeps, request: LiftRequest): Promise<QuarantineView> => {
  const { digest, reason, actor } = request;
  requireReason(reason);
  const held = (await deps.ledger.quarantine()).filter((each) => isMeant(each, digest));
  const [only] = held;
  if (only === undefined || held.length > 1) throw notOne(digest, held);
  const { file } = await findService(deps.services, only.service, 'lists');
  requireVerb(
    await accessAt(deps, file, null),
    actor,
    'override',
    `lift the quarantine of ${only.service} ${only.version}`,
  );
  await deps.ledger.append([
    {
      rolloutId: only.rolloutId,
      id: `face/lifted/${uuidv7()}`,
      at: new Date().toISOString(),
      actor,
      body: { type: 'quarantine-lifted', digest: only.digest },
      texts: { reason },
    },
  ]);
  return only;
};

/** In full, with or without its algorithm, or a beginning that tells it apart. */
const isMeant = (held: QuarantineView, asked: string): boolean => {
  const hex = asked.replace(/^sha256:/, '').replace(/…$/, '');
  return hex.length >= 6 && held.digest.replace(/^sha256:/, '').startsWith(hex);
};

const notOne = (digest: string, held: readonly QuarantineView[]): SluiceError =>
  new SluiceError({
    code: 'NOT_FOUND',
    message:
      held.length === 0
        ? `No digest "${digest.slice(0, 80)}" is in quarantine.`
        : `${String(held.length)} digests in quarantine begin with "${digest.slice(0, 80)}".`,
    hint: '`sluice quarantine list` shows them; give at least 6 digits.',
  });
