import { existsSync } from 'node:fs';
import path from 'node:path';
import { isGrpcServiceError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
// CommonJS, and its names are made when it runs: an ES module can't import them one by one.
import proto from '@temporalio/proto';
import { SluiceError } from '../runbooks/errors.ts';
import { accessFileName, readAccessFile } from './access/read.ts';
import type { Check, DoctorReport } from './api/health.ts';
import type { Config } from './config.ts';
import { pagerChecks } from './pagerduty/doctor.ts';
import { findPart } from './parts.ts';
import { observePlace } from './rollouts/observe-place.ts';
import { loadServices } from './service-file/folder.ts';
import { slackChecks } from './slack/doctor.ts';
import type { Ledger } from './store/ledger.ts';

type Looked = { readonly config: Config; readonly ledger: Ledger; readonly client: Client };

const withinMs = 3_000;

/** Looks at every connection; `ready` only at those without which no rollout can be taken. */
export const doctor = async (looked: Looked, which: 'ready' | 'all'): Promise<DoctorReport> => {
  const needed = [
    ledgerCheck(looked),
    temporalCheck(looked),
    workerCheck(looked, 'main'),
    workerCheck(looked, 'watch'),
  ];
  const more =
    which === 'all'
      ? [
          workerCheck(looked, 'tell'),
          servicesCheck(looked),
          accessCheck(looked),
          ...(await placeChecks(looked)),
          ...(await pageChecks(looked)),
          ...(await chatChecks(looked)),
          storageCheck(looked),
          temporalProgramCheck(),
        ]
      : [];
  const checks = await Promise.all([...needed, ...more]);
  return { ok: checks.every(({ ok }) => ok), checks };
};

/** A check that throws has found what it was looking for. */
const check = async (
  name: string,
  mend: string,
  look: () => Promise<string | { readonly ok: boolean; readonly says: string }>,
): Promise<Check> => {
  try {
    const found = await look();
    const { ok, says } = typeof found === 'string' ? { ok: true, says: found } : found;
    return { name, ok, says, mend: ok ? null : mend };
  } catch (error) {
    const says = isGrpcServiceError(error)
      ? error.details
      : error instanceof Error
        ? error.message
        : String(error);
    return { name, ok: false, says, mend: error instanceof SluiceError ? (error.hint ?? mend) : mend };
  }
};

const ledgerCheck = ({ ledger }: Looked): Promise<Check> =>
  check(
    'ledger',
    'See the daemon’s log; a Postgres ledger needs SLUICE_DATABASE_URL to be reachable.',
    async () => {
      const { position } = await ledger.head();
      return `answers, ${String(position)} events`;
    },
  );

const temporalCheck = ({ client }: Looked): Promise<Check> =>
  check('temporal', 'Start Temporal, or correct TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.', async () => {
    const { namespace } = client.options;
    await client.withDeadline(Date.now() + withinMs, () =>
      client.workflowService.describeNamespace({ namespace }),
    );
    return `answers, namespace ${namespace}`;
  });

const workerCheck = ({ client, config }: Looked, queue: keyof Config['settings']['queues']): Promise<Check> =>
  check(
    `worker (${queue} queue)`,
    'Start one: `sluiced worker`, or `sluiced dev` on one machine.',
    async () => {
      const name = config.settings.queues[queue];
      const { pollers } = await client.withDeadline(Date.now() + withinMs, () =>
        client.workflowService.describeTaskQueue({
          namespace: client.options.namespace,
          taskQueue: { name },
          // Each of them has activities.
          taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
        }),
      );
      const count = pollers?.length ?? 0;
      return {
        ok: count > 0,
        says: count > 0 ? `${String(count)} listening on ${name}` : `nobody listens on ${name}`,
      };
    },
  );

const servicesCheck = ({ config }: Looked): Promise<Check> =>
  check('service files', 'Run `sluice lint` for every problem with its place.', async () => {
    const { services, broken } = await loadServices(config.services);
    const [first] = broken;
    if (first !== undefined)
      return {
        ok: false,
        says: `${String(broken.length)} of ${String(broken.length + services.length)} can not be used, first ${first.path}`,
      };
    return { ok: services.length > 0, says: `${String(services.length)} in ${config.services}` };
  });

const accessCheck = ({ config }: Looked): Promise<Check> =>
  check('access file', 'Run `sluice lint` for every problem with its place.', async () => {
    const file = path.join(config.services, accessFileName);
    if (!existsSync(file)) return 'there is none: the operator alone is known';
    const { people, tokens, groups } = await readAccessFile(file);
    const count = (rows: object): string => String(Object.keys(rows).length);
    return `${count(people)} people, ${count(tokens)} tokens, ${count(groups)} groups`;
  });

/** Target and metrics of every service, looked at by a worker; without one, the local checks say so. */
const placeChecks = async ({ config, client }: Looked): Promise<readonly Promise<Check>[]> => {
  // A folder that can not be read has a check of its own, which says why.
  const { services } = await loadServices(config.services, 'lists').catch(() => ({ services: [] }));
  return services.flatMap(({ file }) =>
    Object.keys(file.environments).map((environment) =>
      check(`${file.service} (${environment})`, 'Look at its target and its metrics source.', async () => {
        const place = { service: file.service, environment };
        const { state, blind } = await observePlace(client, config.settings, place, file, withinMs);
        const running = Object.keys(state.weights);
        const says = running.length === 0 ? 'nothing runs yet' : `runs ${running.join(' and ')}`;
        return blind === null ? { ok: true, says: `target answers, ${says}` } : { ok: false, says: blind };
      }),
    ),
  );
};

const pageChecks = async ({ config }: Looked): Promise<readonly Check[]> => {
  const { services } = await loadServices(config.services, 'lists').catch(() => ({ services: [] }));
  return pagerChecks(
    config.paging,
    services.map(({ file }) => file),
  );
};

const chatChecks = async ({ config }: Looked): Promise<readonly Check[]> => {
  const { services } = await loadServices(config.services, 'lists').catch(() => ({ services: [] }));
  return slackChecks(
    config.slack,
    services.map(({ file }) => file),
  );
};

const storageCheck = ({ config }: Looked): Promise<Check> =>
  check('ledger storage', '', () =>
    Promise.resolve(
      config.databaseUrl === null
        ? 'embedded in the data folder: survives a killed process, not a power cut'
        : 'PostgreSQL',
    ),
  );

const temporalProgramCheck = (): Promise<Check> =>
  check('temporal program', 'Run `npm run setup`, or set SLUICE_TEMPORAL_CLI.', async () => {
    const part = await findPart('temporal');
    return part.found
      ? { ok: true, says: `${part.path} (${part.from})` }
      : { ok: false, says: part.sentence };
  });
