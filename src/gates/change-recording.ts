import type { z } from 'zod';
import { SluiceError } from '../../runbooks/errors.ts';
import type { Recording } from './recording.ts';
import { recordingSchema } from './recording.ts';
import { replay, RecordingError } from './replay.ts';
import type { Replay } from './replay.ts';
import { GateSettingsError } from './settings.ts';

/** A setting of the gates block, `errors.max`, and what it is to be: as a service file would say it. */
export type Change = { readonly path: string; readonly value: unknown };

type Block = { [key: string]: unknown };
const isBlock = (value: unknown): value is Block => typeof value === 'object' && value !== null;

/** What an objective stands for; what a recording has of these came from its own objective. */
const ofObjective = ['margin', 'harm', 'max'] as const;

const put = (gates: Block, { path, value }: Change): void => {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at: Block = gates;
  for (const key of keys) {
    const inner = at[key];
    at[key] = isBlock(inner) ? inner : {};
    at = at[key] as Block;
  }
  at[last] = value;
};

const at = (value: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (found, key) => (isBlock(found) && Object.hasOwn(found, key) ? found[key] : undefined),
      value,
    );

const invalid = (message: string, hint: string, cause?: unknown): SluiceError =>
  new SluiceError({ code: 'RECORDING_INVALID', message, hint }, cause === undefined ? undefined : { cause });

const sayIssues = (error: z.ZodError): string =>
  error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.map(String).join('.') || 'the recording'} ${message}`)
    .join('; ');

/**
 * A recording as a file has it, with other settings.
 * @throws SluiceError RECORDING_INVALID, or USAGE for a setting that the gate does not have
 */
export const changedRecording = (recorded: unknown, changes: readonly Change[]): Recording => {
  const copy: unknown = structuredClone(recorded);
  if (isBlock(copy) && isBlock(copy['gates'])) {
    const { gates } = copy;
    if (changes.some(({ path }) => path === 'errors.slo') && isBlock(gates['errors']))
      for (const key of ofObjective) Reflect.deleteProperty(gates['errors'], key);
    for (const change of changes) put(gates, change);
  }
  const parsed = recordingSchema.safeParse(copy);
  if (!parsed.success)
    throw invalid(
      `It is no recording that can be run: ${sayIssues(parsed.error)}.`,
      'docs/recordings.md has the format; `sluice gate export ID` writes one.',
      parsed.error,
    );
  // The gate's own schema passes over what it does not know, which a typing error must not be.
  const strange = changes.find(({ path }) => at(parsed.data.gates, path) === undefined);
  if (strange === undefined) return parsed.data;
  throw new SluiceError({
    code: 'USAGE',
    message: `The gate has no setting "${strange.path.slice(0, 80)}".`,
    hint: 'Name one as the gates block of a service file has it, such as errors.max=2%.',
  });
};

/** Runs it. @throws SluiceError RECORDING_INVALID where it has no watch, or its settings contradict themselves */
export const runRecording = (recording: Recording): Replay => {
  try {
    return replay(recording);
  } catch (error) {
    if (error instanceof RecordingError)
      throw invalid(
        `It can not be run: ${error.message}.`,
        'docs/recordings.md says what a recording needs.',
        error,
      );
    if (error instanceof GateSettingsError)
      throw invalid(
        `Its settings make no gate: ${error.message}.`,
        'Change them with --set, or in the recording.',
        error,
      );
    throw error;
  }
};
