import { createHash } from 'node:crypto';
import type { Actor } from '../../runbooks/access.ts';
import { maySay } from '../../runbooks/access.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import { freeText, isMutableTag, version as versionSchema } from '../../runbooks/names.ts';
import type { RolloutKind } from '../../runbooks/runbook.ts';
import type { RolloutInput } from '../../workflows/contract.ts';
import { findService } from '../service-file/folder.ts';
import type { RolloutsDeps } from './deps.ts';

/** Temporal refuses larger payloads late and with worse words. */
const largestInput = 64 * 1024;

export type Wanted = {
  readonly rolloutId: string;
  readonly kind: RolloutKind;
  readonly service: string;
  readonly environment: string | null;
  readonly version: string | null;
  readonly actor: Actor;
  readonly reason: string | null;
  readonly of: string | null;
};

/**
 * Reads the service file once and freezes everything a rollout needs into its input.
 * @throws SluiceError SERVICE_UNKNOWN, SERVICE_FILE_INVALID, ENVIRONMENT_UNKNOWN, VERSION_*, INPUT_TOO_LARGE, USAGE
 */
export const makeInput = async (deps: RolloutsDeps, wanted: Wanted): Promise<RolloutInput> => {
  if (wanted.version !== null) checkVersion(wanted.version);
  checkReason(wanted.reason);
  const { file, text, sha256, path } = await findService(deps.services, wanted.service);
  const environment = chooseEnvironment(file.service, Object.keys(file.environments), wanted.environment);
  checkAccess(wanted, file.access);
  const input: RolloutInput = {
    format: 'sluice-input/1',
    rolloutId: wanted.rolloutId,
    kind: wanted.kind,
    environment,
    version: wanted.version,
    actor: wanted.actor,
    reason: wanted.reason,
    requestedAt: new Date().toISOString(),
    of: wanted.of,
    service: file,
    files: [{ path, sha256, text }],
    settings: deps.settings,
  };
  const size = Buffer.byteLength(JSON.stringify(input));
  if (size <= largestInput) return input;
  throw new SluiceError({
    code: 'INPUT_TOO_LARGE',
    message: `${path} makes a request of ${String(Math.ceil(size / 1024))} KiB; at most 64 KiB can be frozen into a rollout.`,
    hint: 'Shorten the file: fewer environments or smoke tests per file.',
  });
};

/** The environment asked for, or the service's only one; production is never guessed. */
export const chooseEnvironment = (
  service: string,
  names: readonly string[],
  asked: string | null,
): string => {
  const [only] = names;
  if (asked !== null) {
    if (names.includes(asked)) return asked;
    throw new SluiceError({
      code: 'ENVIRONMENT_UNKNOWN',
      message: `${service} has no environment "${asked.slice(0, 80)}".`,
      hint: `It has: ${names.join(', ')}.`,
    });
  }
  if (names.length === 1 && only !== undefined) return only;
  throw new SluiceError({
    code: 'ENVIRONMENT_UNKNOWN',
    message: `${service} has several environments, and none was named.`,
    hint: `Name one with --env: ${names.join(', ')}.`,
  });
};

const checkVersion = (version: string): void => {
  const parsed = versionSchema.safeParse(version);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]?.message ?? 'is not usable';
    throw new SluiceError({
      code: 'VERSION_INVALID',
      message: `The version ${JSON.stringify(version.slice(0, 80))} ${issue}.`,
    });
  }
  if (!isMutableTag(version)) return;
  throw new SluiceError({
    code: 'VERSION_MUTABLE',
    message: `"${version}" is a tag that moves: it would not say what runs.`,
    hint: 'Deploy a version that is given once, such as 2.1.0 or a commit.',
  });
};

const checkReason = (reason: string | null): void => {
  if (reason === null || freeText.safeParse(reason).success) return;
  throw new SluiceError({
    code: 'USAGE',
    message: 'The reason is longer than 2,000 characters or holds control characters.',
    hint: 'Shorten it to what somebody needs to know at night.',
  });
};

const checkAccess = (wanted: Wanted, access: RolloutInput['service']['access']): void => {
  const verb = wanted.kind === 'deploy' ? 'deploy' : 'rollback';
  if (maySay(access, wanted.actor, verb)) return;
  throw new SluiceError({
    code: 'NOT_AUTHORISED',
    message: `${wanted.actor.id} may not ${verb} ${wanted.service}.`,
    hint: `Allowed: ${(access[verb] ?? ['the operator']).join(', ')}.`,
  });
};

/** What makes two requests the same: SHA-256 (hex) over what was asked for, not over when or with which file. */
export const bodyHash = (wanted: Wanted): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        wanted.kind,
        wanted.service,
        wanted.environment,
        wanted.version,
        wanted.of,
        wanted.reason,
      ]),
    )
    .digest('hex');
