import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { SluiceError } from '../../runbooks/errors.ts';
import { name, version } from '../../runbooks/names.ts';
import type { Runbook } from '../../runbooks/runbook.ts';
import { wayBack } from '../../runbooks/way-back.ts';
import { glassFence } from '../../workflows/fences.ts';
import { replaceFile } from '../replace-file.ts';
import { messageOf, systemCode } from '../targets/practice/system-code.ts';

const count = z.int().min(0);
const release = z.strictObject({ version, digest: z.string().min(1) });

const actionSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('deploy'), release, instances: count.optional() }),
  z.strictObject({ do: z.literal('shift'), weights: z.record(version, count.max(100)) }),
  z.strictObject({
    do: z.literal('scale'),
    version,
    instances: count,
    downtime: z.literal(true).optional(),
  }),
  z.strictObject({ do: z.literal('promote'), version }),
  z.strictObject({ do: z.literal('retire'), version }),
  z.strictObject({ do: z.literal('flag'), flag: z.string(), percent: z.number() }),
]);

const storedSchema = z.strictObject({
  format: z.literal('sluice-way-back/1'),
  rolloutId: z.string().min(1),
  service: name,
  environment: name,
  from: release,
  to: release,
  /** Above all that the rollout itself may still write, below the next rollout's. */
  fence: z.int().min(1),
  actions: z.array(actionSchema).max(50),
});

/** The way back of a rollout, whole, as it stands beside the target while and after it runs. */
export type StoredWayBack = z.output<typeof storedSchema>;

/** Kept before the first forward write. Key: the rollout; the same again changes nothing. */
export const storeWayBack = async (
  file: string,
  rollout: { readonly rolloutId: string; readonly epoch: number },
  runbook: Runbook,
): Promise<void> => {
  // Nothing to go back to, or nothing that would work there: neither may an earlier rollout's be taken for it.
  if (runbook.from === null || (runbook.migrations?.noReturn ?? null) !== null) {
    await rm(file, { force: true });
    return;
  }
  const { service, environment, from, to, steps } = runbook;
  const stored: StoredWayBack = storedSchema.parse(
    JSON.parse(
      JSON.stringify({
        format: 'sluice-way-back/1',
        rolloutId: rollout.rolloutId,
        service,
        environment,
        from,
        to,
        fence: glassFence(rollout.epoch),
        actions: wayBack(
          runbook,
          steps.map((_, index) => index),
        ),
      }),
    ),
  );
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await replaceFile(file, `${JSON.stringify(stored, null, 1)}\n`);
};

/** @throws SluiceError NO_WAY_BACK where there is none, or one that can't be used */
export const readWayBack = async (
  file: string,
  service: string,
  environment: string,
): Promise<StoredWayBack> => {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const absent = systemCode(error) === 'ENOENT';
    throw new SluiceError(
      {
        code: 'NO_WAY_BACK',
        message: absent
          ? `No rollout of ${service} has left a way back beside this target (${file}).`
          : `${file} can not be read: ${messageOf(error)}.`,
        hint: 'Break-glass works where the target and the data folder of its worker are.',
      },
      { cause: error },
    );
  }
  try {
    const stored = storedSchema.parse(JSON.parse(text));
    if (stored.service === service && stored.environment === environment) return stored;
  } catch (error) {
    throw unusable(file, messageOf(error).slice(0, 200), error);
  }
  throw unusable(file, `it is not of ${service} in ${environment}`, null);
};

const unusable = (file: string, why: string, cause: unknown): SluiceError =>
  new SluiceError({ code: 'NO_WAY_BACK', message: `${file} is no way back: ${why}.` }, { cause });
