import type { Actor } from '../../runbooks/access.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import { byHand } from '../../runbooks/by-hand.ts';
import { playbook } from '../../runbooks/playbook.ts';
import type { Runbook } from '../../runbooks/runbook.ts';
import { targetOf } from '../../runbooks/targets/write-time.ts';
import { wayBack } from '../../runbooks/way-back.ts';
import { glassFence } from '../../workflows/fences.ts';
import { findService, loadServices } from '../service-file/folder.ts';
import type { RolloutView } from '../store/views.ts';
import type { RolloutsDeps } from './deps.ts';
import type { PlaceView, Rollouts } from './facade.ts';
import { chooseEnvironment } from './choose-environment.ts';
import { planOnly } from './plan-only.ts';

const shortestPrefix = 6;
const looksLikeId = /^[0-9a-f][0-9a-f-]{5,35}$/;

/** A rollout by id, by a unique beginning of it, or of a service: what runs, else its newest. @throws SluiceError NOT_FOUND */
export const find = async ({ ledger }: RolloutsDeps, idOrService: string): Promise<RolloutView> => {
  const wanted = idOrService.slice(0, 200);
  const exact = await ledger.rollout(wanted);
  if (exact !== null) return exact;
  // One that was refused meanwhile must not stand between a person and what runs.
  const open = await ledger.rollouts({ service: wanted, open: true, limit: 20 });
  const running = open.find(({ state }) => state !== 'queued') ?? open[0];
  const [newest] = running === undefined ? await ledger.rollouts({ service: wanted, limit: 1 }) : [running];
  if (newest !== undefined) return newest;
  if (wanted.length >= shortestPrefix && looksLikeId.test(wanted)) {
    const near = (await ledger.rollouts({ limit: 500 })).filter(({ id }) => id.startsWith(wanted));
    const [only] = near;
    if (near.length === 1 && only !== undefined) return only;
    if (near.length > 1) {
      throw new SluiceError({
        code: 'NOT_FOUND',
        message: `${String(near.length)} rollouts begin with "${wanted}".`,
        hint: `Say more of the id: ${near
          .slice(0, 5)
          .map(({ id }) => id)
          .join(', ')}.`,
      });
    }
  }
  throw new SluiceError({
    code: 'NOT_FOUND',
    message: `No rollout has the id "${wanted}", and no service of that name has been rolled out.`,
    hint: '`sluice status` lists services, `sluice history SERVICE` their rollouts.',
  });
};

/** Every environment of every service, with what is known good and what is open. */
export const places = async ({ ledger, services }: RolloutsDeps): Promise<readonly PlaceView[]> => {
  const folder = await loadServices(services, 'lists');
  const open = await ledger.openRollouts();
  const rows = folder.services.flatMap(({ file }) =>
    Object.keys(file.environments).map(async (environment) => ({
      service: file.service,
      environment,
      owners: file.owners,
      good: await ledger.lastGood(file.service, environment),
      ...openAt(open, file.service, environment),
    })),
  );
  return Promise.all(rows);
};

/** What runs there, and what waits for its end. */
const openAt = (
  all: readonly RolloutView[],
  service: string,
  environment: string,
): Pick<PlaceView, 'open' | 'waits'> => {
  const here = all.filter((view) => view.service === service && view.environment === environment);
  const waits = here.find(({ state }) => state === 'queued') ?? null;
  return { open: here.find((view) => view !== waits) ?? null, waits };
};

/** The one-page runbook: of a version's plan, or of the service's last rollout. */
export const page = async (
  deps: RolloutsDeps,
  asked: Parameters<Rollouts['playbook']>[0],
): Promise<string> => {
  if (asked.version !== null) {
    const prepared = await planOnly(deps, { ...asked, version: asked.version, actor: reader });
    if (prepared.ok)
      return playbook(prepared.runbook, {
        rolloutId: null,
        hash: prepared.hash,
        warnings: prepared.warnings,
        byHand: await wayBackByHand(deps, prepared, null),
      });
    const [problem] = prepared.problems;
    throw new SluiceError(problem ?? { code: 'RUNBOOK_INVALID', message: 'No runbook can be made.' });
  }
  const { file } = await findService(deps.services, asked.service, 'lists');
  const environment = chooseEnvironment(file.service, Object.keys(file.environments), asked.environment);
  for (const view of await deps.ledger.rollouts({ service: file.service, environment, limit: 50 })) {
    const runbook = await deps.ledger.runbook(view.id);
    if (runbook === null || view.hash === null) continue;
    const { id: rolloutId, hash, warnings, epoch } = view;
    const lines = await wayBackByHand(deps, { runbook, epoch: epoch ?? 0 }, rolloutId);
    return playbook(runbook, { rolloutId, hash, warnings, byHand: lines });
  }
  throw new SluiceError({
    code: 'NOT_FOUND',
    message: `${file.service} has had no rollout in ${environment} yet.`,
    hint: `Name a version and the page is printed from its plan: sluice playbook ${file.service} --version 1.2.3`,
  });
};

/** Every action of the way back from the last step, as a person types them. */
const wayBackByHand = async (
  { services }: RolloutsDeps,
  { runbook, epoch }: { readonly runbook: Runbook; readonly epoch: number },
  rolloutId: string | null,
): Promise<readonly string[]> => {
  const { file } = await findService(services, runbook.service, 'lists');
  const all = wayBack(
    runbook,
    runbook.steps.map((_, index) => index),
  );
  const mark = { rolloutId: rolloutId ?? 'ID', fence: glassFence(epoch) };
  const flags = file.environments[runbook.environment]?.flags;
  return byHand(runbook, targetOf(file, runbook), all, mark, flags);
};

/** Reading needs no right. */
const reader: Actor = { id: 'reader', via: 'system', groups: [] };
