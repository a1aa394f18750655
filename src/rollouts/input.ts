import { createHash } from 'node:crypto';
import { refuseVerb } from '../../runbooks/access.ts';
import type { Problem } from '../../runbooks/errors.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import { freeText, isMutableTag, version as versionSchema } from '../../runbooks/names.ts';
import type { RolloutInput } from '../../workflows/contract.ts';
import type { AccessVerb } from '../../runbooks/service.ts';
import { findService } from '../service-file/folder.ts';
import type { RolloutsDeps } from './deps.ts';
import { chooseEnvironment } from './choose-environment.ts';
import { accessAt } from './require.ts';
import type { Wanted } from './wanted.ts';

/** Temporal refuses larger payloads late and with worse words. */
const largestInput = 64 * 1024;

/**
 * Reads the service file, with what it inherits, once and freezes everything a rollout needs into its input.
 * @throws SluiceError SERVICE_UNKNOWN, SERVICE_FILE_INVALID, ORGANISATION_FILE_INVALID, ENVIRONMENT_UNKNOWN, VERSION_*,
 * INPUT_TOO_LARGE, USAGE
 * Whether the actor may is asked by whoever starts it: a plan is everybody's.
 */
export const makeInput = async (deps: RolloutsDeps, wanted: Wanted): Promise<RolloutInput> => {
  if (wanted.version !== null) checkVersion(wanted.version);
  checkReason(wanted.reason);
  const overrides = wanted.overrides ?? [];
  for (const { reason } of overrides) checkReason(reason);
  const { file, text, sha256, path, organisation } = await findService(
    deps.services,
    wanted.service,
    takesBack(wanted) ? 'lists' : 'floors',
  );
  const environment = chooseEnvironment(file.service, Object.keys(file.environments), wanted.environment);
  const access = await accessAt(deps, file, environment);
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
    ...(wanted.flag === undefined ? {} : { flag: wanted.flag }),
    ...(wanted.hotfix === undefined ? {} : { hotfix: wanted.hotfix }),
    service: { ...file, access },
    files: [
      { path, sha256, text },
      ...(organisation === null
        ? []
        : [{ path: organisation.document.path, sha256: organisation.sha256, text: organisation.text }]),
    ],
    settings: deps.settings,
    ...(overrides.length === 0 ? {} : { overrides }),
  };
  const size = Buffer.byteLength(JSON.stringify(input));
  if (size <= largestInput) return input;
  throw new SluiceError({
    code: 'INPUT_TOO_LARGE',
    message: `${path} makes a request of ${String(Math.ceil(size / 1024))} KiB; at most 64 KiB can be frozen into a rollout.`,
    hint: 'Shorten the file: fewer environments or smoke tests per file.',
  });
};

/** The way back is held by no floor: it must be open also where a file has become too loose since the deploy. */
const takesBack = ({ kind, flag }: Pick<Wanted, 'kind' | 'flag'>): boolean =>
  kind === 'rollback' || kind === 'recover' || (kind === 'flag' && flag?.percent === 0);

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

/** The verbs that a start asks for: to turn a flag off is to take back; a check is passed over by who may. */
const verbsOf = (input: RolloutInput): readonly AccessVerb[] => [
  takesBack(input) ? 'rollback' : 'deploy',
  ...((input.overrides ?? []).length === 0 ? [] : (['override'] as const)),
];

/** Why the actor may not start that; `null`: it may. */
export const refuseStart = (input: RolloutInput): Problem | null => {
  const { actor, environment, service } = input;
  const verb = verbsOf(input).find((asked) => refuseVerb(service.access, actor, asked) !== null);
  if (verb === undefined) return null;
  return {
    code: 'NOT_AUTHORISED',
    message: `${actor.id} may not ${verb} ${service.service} in ${environment}: ${refuseVerb(service.access, actor, verb) ?? ''}`,
    hint: 'Have one of those say it, or be granted it: `access` of the service file, or access.yml.',
  };
};

/** SHA-256 (hex) of a request that begins nothing of its own. */
export const bodyHashOf = (asked: Readonly<Record<string, string | null>>): string =>
  createHash('sha256').update(JSON.stringify(asked)).digest('hex');

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
        ...(wanted.flag === undefined ? [] : [wanted.flag.name, wanted.flag.percent]),
        ...(wanted.overrides === undefined ? [] : [wanted.overrides]),
        ...(wanted.hotfix === undefined ? [] : [{ hotfix: wanted.hotfix }]),
      ]),
    )
    .digest('hex');
