import { setTimeout as delay } from 'node:timers/promises';
import { isGrpcServiceError } from '@temporalio/client';
// CommonJS, and its names are made when it runs: an ES module can't import them one by one.
import proto from '@temporalio/proto';
import { SluiceError } from '../runbooks/errors.ts';
import { deploymentName } from './serve.ts';
import { connectTemporal } from './temporal-client.ts';
import { bundleBuildId } from './workers.ts';

const everyMs = 2_000;

/** `sluiced release`: new rollouts run on the workers of this build from now on; running ones stay on theirs. */
export const release = async (): Promise<string> => {
  const buildId = await bundleBuildId();
  const links = await connectTemporal(null);
  try {
    await known(buildId, async () => {
      const { conflictToken } = await links.client.workflowService.describeWorkerDeployment({
        namespace: links.namespace,
        deploymentName,
      });
      await links.client.workflowService.setWorkerDeploymentCurrentVersion({
        namespace: links.namespace,
        deploymentName,
        buildId,
        identity: `sluiced release (${String(process.pid)})`,
        ...(conflictToken === null || conflictToken === undefined ? {} : { conflictToken }),
      });
    });
    return `Build ${buildId} is current: new rollouts run on it.`;
  } finally {
    await links.close();
  }
};

const { VERSION_DRAINAGE_STATUS_DRAINED: drained, VERSION_DRAINAGE_STATUS_UNSPECIFIED: notDraining } =
  proto.temporal.api.enums.v1.VersionDrainageStatus;

const notFound = 5;

/** Temporal knows a build from the first worker of it that has asked for work. */
const known = async <T>(buildId: string, ask: () => Promise<T>): Promise<T> => {
  try {
    return await ask();
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error;
    const { code }: { readonly code: number } = error;
    if (code !== notFound) throw error;
    const problem = {
      code: 'NOT_FOUND',
      message: `Temporal knows no worker of build ${buildId}.`,
      hint: 'Start one of that build first (sluiced worker prints its build), on the same Temporal namespace.',
    } as const;
    throw new SluiceError(problem, { cause: error });
  }
};

/**
 * `sluiced drain BUILD`: waits until no rollout runs on that build any more; then its workers may go. The current
 * build is refused: it would be waited for without end.
 */
export const drain = async (buildId: string, tell: (sentence: string) => void): Promise<string> => {
  if (!/^[0-9a-f]{16}$/.test(buildId)) {
    throw new SluiceError({
      code: 'USAGE',
      message: `"${buildId.slice(0, 40)}" is not a build id.`,
      hint: 'sluiced worker prints its own when it starts: 16 hexadecimal digits.',
    });
  }
  const links = await connectTemporal(null);
  try {
    for (let told = false; ; told = true) {
      const { workerDeploymentVersionInfo: info } = await known(buildId, () =>
        links.client.workflowService.describeWorkerDeploymentVersion({
          namespace: links.namespace,
          deploymentVersion: { deploymentName, buildId },
        }),
      );
      const status = info?.drainageInfo?.status ?? notDraining;
      if (status === drained) return `Build ${buildId} is drained: its workers may be stopped.`;
      if (status === notDraining) {
        if (info?.currentSinceTime === null || info?.currentSinceTime === undefined)
          return `Build ${buildId} was never released: nothing runs on it, and its workers may be stopped.`;
        throw new SluiceError({
          code: 'COMMAND_REFUSED',
          message: `Build ${buildId} is the current one: every new rollout starts on it.`,
          hint: 'Release another build first (sluiced release beside its workers), then drain this one.',
        });
      }
      if (!told) tell(`Build ${buildId} still has rollouts.`);
      await delay(everyMs);
    }
  } finally {
    await links.close();
  }
};
