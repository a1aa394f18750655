import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { SluiceError } from '../../../runbooks/errors.ts';
import { name, version } from '../../../runbooks/names.ts';
import type { TargetAction } from '../../../runbooks/runbook.ts';
import { practiceTarget } from './adapter.ts';
import { resolveManifest } from './artifact.ts';
import { callPlane, parseAnswer } from './control-client.ts';
import { loadSchema, refusalSchema } from './control.ts';
import { messageOf } from './system-code.ts';

/** Practice services that a daemon brings up by itself. `manifests` is a folder, relative to the file. */
export const practiceFileSchema = z.strictObject({
  services: z
    .array(
      z.strictObject({
        service: name,
        version,
        manifests: z.string().min(1).max(500),
        port: z.int().min(1).max(65_535).optional(),
        load: loadSchema.optional(),
      }),
    )
    .max(50)
    .refine((all) => new Set(all.map(({ service }) => service)).size === all.length, 'names a service twice'),
});
export type PracticeFile = z.output<typeof practiceFileSchema>;
type PracticeEntry = PracticeFile['services'][number];

const seedRolloutId = 'seed';
const readyWithinMs = 60_000;
/** Processes are starting side by side, and nobody waits with a command: a busy machine may take its time. */
const answerWithinMs = 20_000;

const invalid = (path: string, problems: readonly string[], cause?: unknown): SluiceError =>
  new SluiceError(
    {
      code: 'CONFIG_INVALID',
      message: `${path}: ${problems.join('; ')}`,
      hint: 'docs/practice.md shows a practice file.',
    },
    { cause },
  );

/** @throws SluiceError CONFIG_INVALID with every problem and its path. */
export const readPracticeFile = async (path: string): Promise<PracticeFile> => {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw invalid(path, [messageOf(error)], error);
  }
  const parsed = practiceFileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw invalid(
    path,
    parsed.error.issues.map((issue) => `${issue.path.join('.') || '(whole file)'}: ${issue.message}`),
  );
};

const awaitReady = async (home: string, entry: PracticeEntry): Promise<void> => {
  const target = practiceTarget(home, { timeoutMs: answerWithinMs });
  const deadline = Date.now() + readyWithinMs;
  while (Date.now() < deadline) {
    const { groups } = await target.observe(entry.service);
    const group = groups.find((candidate) => candidate.version === entry.version);
    if (group !== undefined && group.ready === group.instances) return;
    await delay(50);
  }
  throw new SluiceError({
    code: 'NOT_READY',
    message: `${entry.service} ${entry.version} was not ready within ${String(readyWithinMs / 1000)} s.`,
    hint: 'Look at `readyAfterMs` and `crash` of its manifest.',
  });
};

/** Creates the service unless it exists, and carries its three writes out; each is the wanted state, so repeatable. */
const seedService = async (home: string, folder: string, entry: PracticeEntry): Promise<boolean> => {
  const target = practiceTarget(home, { timeoutMs: answerWithinMs });
  const before = await target.observe(entry.service);
  // A seeding that was cut short stands at fence 1 or 2 and is finished; anything else belongs to somebody else.
  if (before.stable !== null || before.fence > 3) return false;
  const { release, text } = await resolveManifest(resolve(folder, entry.manifests), entry);
  const created = await callPlane(home, {
    method: 'PUT',
    path: `/services/${encodeURIComponent(entry.service)}`,
    timeoutMs: answerWithinMs,
    body: {
      ...(entry.port === undefined ? {} : { port: entry.port }),
      ...(entry.load === undefined ? {} : { load: entry.load }),
    },
  });
  if (created.status >= 300) {
    const refusal = parseAnswer(refusalSchema, created.body);
    throw new SluiceError({
      code: 'TARGET_REFUSED',
      message: refusal.message,
      ...(refusal.mend === undefined ? {} : { hint: refusal.mend }),
    });
  }
  const write = async (fence: number, action: TargetAction): Promise<void> => {
    if (fence < before.fence) return;
    const mark = { rolloutId: seedRolloutId, key: `${seedRolloutId}/${String(fence)}`, fence };
    const artifact = action.do === 'deploy' ? { digest: release.digest, text } : undefined;
    await target.apply(entry.service, action, mark, artifact);
  };
  await write(1, { do: 'deploy', release });
  await awaitReady(home, entry);
  await write(2, { do: 'shift', weights: { [entry.version]: 100 } });
  await write(3, { do: 'promote', version: entry.version });
  return true;
};

/**
 * Brings up the services of a practice file that the plane doesn't run yet, at 100 % and promoted; those it has are
 * left as they are.
 *
 * @returns the services that were brought up.
 * @throws SluiceError CONFIG_INVALID, ARTIFACT_*, NOT_READY (60 s), and what `Target` throws.
 */
export const seedPlane = async (home: string, practiceFile: string): Promise<readonly string[]> => {
  const file = await readPracticeFile(practiceFile);
  const seeded: string[] = [];
  for (const entry of file.services) {
    if (await seedService(home, dirname(resolve(practiceFile)), entry)) seeded.push(entry.service);
  }
  return seeded;
};
