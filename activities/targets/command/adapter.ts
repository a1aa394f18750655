import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SluiceError } from '../../../runbooks/errors.ts';
import type { TargetAction, TargetState } from '../../../runbooks/runbook.ts';
import type { CommandBlock, CommandVerb } from '../../../runbooks/targets/command-block.ts';
import type { Values } from '../../../runbooks/targets/command-values.ts';
import { valuesOfAction, valuesOfMark } from '../../../runbooks/targets/command-values.ts';
import { effectiveWeights } from '../../../runbooks/traffic.ts';
import { noCounters } from '../no-counters.ts';
import { askProgram } from '../program/answer.ts';
import type { ArtifactContent, Target } from '../target.ts';
import { addressSchema, doneSchema, observedSchema } from './answers.ts';
import { refuseLastGroup, takesAway } from './last-group.ts';

const refused = (message: string, hint: string): SluiceError =>
  new SluiceError({ code: 'TARGET_REFUSED', message, hint, details: { target: 'command' } });

/** The file of a release's text, for as long as `work` runs; an image has none. */
const withArtifact = async (
  artifact: ArtifactContent | undefined,
  work: (values: Values) => Promise<void>,
): Promise<void> => {
  const image: Values = artifact?.image === undefined ? {} : { image: artifact.image };
  if (artifact === undefined || artifact.text === null) {
    await work(image);
    return;
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-artifact-'));
  try {
    const file = path.join(folder, 'artifact.json');
    await writeFile(file, artifact.text, { mode: 0o600 });
    await work({ ...image, artifact: file });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/**
 * Any deploy tool, run as the programs that the service file names (docs/targets.md). Each write tells the wanted state
 * and carries its fence and key; a tool that keeps them can refuse a late one, and of a tool that does not, the way back
 * makes sure by itself. Programs must be safe to repeat. Errors beyond those of `Target`: TARGET_ANSWER_INVALID.
 */
export const commandTarget = (block: CommandBlock, environment: string): Target => {
  const argvOf = (verb: CommandVerb): readonly string[] => {
    const argv = block[verb];
    if (argv !== undefined) return argv;
    throw refused(`The command target has no program for ${verb}.`, `Give it one: target.command.${verb}.`);
  };

  const observe = (service: string, signal?: AbortSignal): Promise<TargetState> =>
    askProgram(
      block,
      { what: `observe of ${service}`, argv: argvOf('observe'), values: { service, environment }, signal },
      observedSchema,
    );

  /** A tool without `shift` moves the traffic with its instances: all that can be done is to look whether it has. */
  const followed = async (
    service: string,
    action: Extract<TargetAction, { do: 'shift' }>,
    signal?: AbortSignal,
  ): Promise<void> => {
    const [only, ...others] = Object.keys(effectiveWeights(action.weights));
    if (only === undefined || others.length > 0) return;
    const { weights } = await observe(service, signal);
    if (weights[only] === 100) return;
    throw new SluiceError({
      code: 'TARGET_UNAVAILABLE',
      message: `${only} has ${String(weights[only] ?? 0)} % of the traffic, not all of it yet.`,
      hint: 'The tool has no `shift`: its traffic follows its instances, which is waited for.',
    });
  };

  return {
    ...noCounters('command'),
    observe,

    async apply(service, action, mark, artifact, signal) {
      if (action.do === 'shift' && block.shift === undefined) {
        await followed(service, action, signal);
        return;
      }
      if (takesAway(action))
        refuseLastGroup(await observe(service, signal), action, block.shift !== undefined);
      await withArtifact(artifact, async (content) => {
        const values = { service, environment, ...valuesOfMark(mark), ...valuesOfAction(action), ...content };
        const argv = argvOf(action.do);
        assertFilled(argv, values);
        await askProgram(block, { what: `${action.do} of ${service}`, argv, values, signal }, doneSchema);
      });
    },

    async address(service, version, signal) {
      const argv = argvOf('address');
      const values = { service, environment, version };
      const what = `address of ${service} ${version}`;
      return (await askProgram(block, { what, argv, values, signal }, addressSchema)).address;
    },
  };
};

/** `{artifact}` and `{image}` depend on where releases come from, which the schema of the target can't see. */
const assertFilled = (argv: readonly string[], values: Values): void => {
  for (const name of ['artifact', 'image']) {
    if (Object.hasOwn(values, name) || !argv.some((argument) => argument.includes(`{${name}}`))) continue;
    throw refused(
      `This release has nothing to put for {${name}}.`,
      '{artifact} is the manifest of `artifact.manifests`, {image} the image of `artifact.image`.',
    );
  }
};
