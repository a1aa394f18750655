import { v7 as uuidv7 } from 'uuid';
import type { Actor } from '../../runbooks/access.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import type { TargetState } from '../../runbooks/runbook.ts';
import { findService } from '../service-file/folder.ts';
import type { ReleaseView } from '../store/views.ts';
import type { RolloutsDeps } from './deps.ts';
import { planMsOf } from './deps.ts';
import { chooseEnvironment } from './choose-environment.ts';
import { observePlace } from './observe-place.ts';
import { accessAt, requireVerb } from './require.ts';

type AdoptRequest = { readonly service: string; readonly environment: string | null; readonly actor: Actor };

/**
 * Day one: what runs now, its digest observed, becomes the first good release. Repeating it records nothing new.
 * @throws SluiceError NOT_AUTHORISED, NOTHING_RUNS, RUNBOOK_INVALID (traffic is split), SERVICE_UNKNOWN, ENVIRONMENT_UNKNOWN
 */
export const adopt = async (deps: RolloutsDeps, request: AdoptRequest): Promise<ReleaseView> => {
  const { file } = await findService(deps.services, request.service, 'lists');
  const environment = chooseEnvironment(file.service, Object.keys(file.environments), request.environment);
  const place = { service: file.service, environment };
  // What is adopted is what a rollback returns to: whoever may deploy may say so.
  const access = await accessAt(deps, file, environment);
  requireVerb(access, request.actor, 'deploy', `adopt what runs of ${file.service} in ${environment}`);
  const { state } = await observePlace(deps.client, deps.settings, place, file, planMsOf(deps));
  const release = whole(state, place.service);
  const good = await deps.ledger.lastGood(place.service, environment);
  if (good?.digest === release.digest) return good;
  await deps.ledger.append([
    {
      rolloutId: uuidv7(),
      id: 'face/adopted',
      at: new Date().toISOString(),
      actor: request.actor,
      body: { type: 'promoted', ...place, release, by: 'adopt' },
      texts: {},
    },
  ]);
  const adopted = await deps.ledger.lastGood(place.service, environment);
  if (adopted !== null) return adopted;
  throw new SluiceError({ code: 'INTERNAL', message: 'The adopted release is not in the ledger.' });
};

/** The one version that has all the traffic. */
const whole = (state: TargetState, service: string) => {
  const taking = state.groups.filter((group) => (state.weights[group.version] ?? 0) > 0);
  const [only] = taking;
  if (only === undefined) {
    throw new SluiceError({
      code: 'NOTHING_RUNS',
      message: `No version of ${service} has traffic: there is nothing to adopt.`,
      hint: 'The first deploy does not need it.',
    });
  }
  if (taking.length === 1) return { version: only.version, digest: only.digest };
  throw new SluiceError({
    code: 'RUNBOOK_INVALID',
    message: `The traffic of ${service} is split between ${taking.map(({ version }) => version).join(' and ')}.`,
    hint: 'Give one of them all the traffic first; that one can be adopted.',
  });
};
