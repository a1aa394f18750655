import type { Actor } from '../../runbooks/access.ts';
import { maySay } from '../../runbooks/access.ts';
import { withGrants } from '../../runbooks/access-file.ts';
import type { ApprovalBlock, Asked } from '../../runbooks/approval.ts';
import { approvalPlan, refuseAnswer } from '../../runbooks/approval.ts';
import type { AccessVerb } from '../../runbooks/service.ts';
import { accessVerbs } from '../../runbooks/service.ts';
import { nobodyElse } from '../access/source.ts';
import { loadServices } from '../service-file/folder.ts';
import type { RolloutsDeps } from './deps.ts';

/** What somebody may say in one environment of one service; looking is everybody's. */
export type RightsView = {
  readonly service: string;
  readonly environment: string;
  readonly may: readonly AccessVerb[];
  /** Whether the actor is one of those whom its deploys ask for approval. */
  readonly approves: boolean;
};

/** Of a release that somebody else asked for. */
const asked = (approval: ApprovalBlock): Asked => ({
  ...{ plan: approvalPlan(approval), requester: null, given: [] },
});

/** In the order of the services' names and of their files, by the service files and `access.yml` as they stand now. */
export const rights = async (
  deps: Pick<RolloutsDeps, 'services' | 'access'>,
  actor: Actor,
): Promise<readonly RightsView[]> => {
  const { services } = await loadServices(deps.services, 'lists');
  const { file: known } = await (deps.access ?? nobodyElse).look();
  return services.flatMap(({ file: { service, environments, access } }) =>
    Object.entries(environments).map(([environment, { approval }]) => {
      const here = withGrants(access, known, { service, environment });
      return {
        ...{ service, environment },
        may: accessVerbs.filter((verb) => maySay(here, actor, verb)),
        approves: approval !== undefined && refuseAnswer(asked(approval), actor, 'approve') === null,
      };
    }),
  );
};
