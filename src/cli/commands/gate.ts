import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { SluiceError } from '../../../runbooks/errors.ts';
import { sayDuration } from '../../../runbooks/units.ts';
import type { Change } from '../../gates/change-recording.ts';
import { changedRecording, runRecording } from '../../gates/change-recording.ts';
import type { Replay } from '../../gates/replay.ts';
import type { Cli } from '../command.ts';
import type { Span } from '../../story/text.ts';
import { span } from '../../story/text.ts';
import type { Terminal } from '../terminal.ts';
import { print, printJson } from '../terminal.ts';

/** `sluice gate export ID` and `sluice gate replay FILE`. */
export const gate = async (cli: Cli, what: string, of: string): Promise<number> => {
  if (what === 'export') return exportRecording(cli, of);
  if (what === 'replay') return replayFile(cli, of);
  throw new SluiceError({
    code: 'USAGE',
    message: `The gate can not "${what.slice(0, 60)}".`,
    hint: 'sluice gate export ID, or sluice gate replay FILE',
  });
};

const exportRecording = async ({ terminal, api }: Cli, id: string): Promise<number> => {
  const text = await api.text({ path: ['v1', 'rollouts', id, 'recording'] });
  terminal.out.write(`${text.trimEnd()}\n`);
  return 0;
};

/** Needs no daemon. */
const replayFile = async ({ terminal, options }: Cli, file: string): Promise<number> => {
  const recorded = await readRecording(file);
  const found = runRecording(changedRecording(recorded, options.set.map(changeOf)));
  if (options.json) {
    const { verdict, reason, t, sentence, records } = found;
    printJson(terminal, { verdict, reason, t, sentence, records });
  } else printReplay(terminal, found);
  return 0;
};

const readRecording = async (file: string): Promise<unknown> => {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new SluiceError(
      {
        code: 'NOT_FOUND',
        message: `${file} can not be read: ${error instanceof Error ? error.message : String(error)}.`,
        hint: 'Name a recording: sluice gate export ID > FILE',
      },
      { cause: error },
    );
  }
  try {
    // As the data folder keeps them, or as `export` prints them.
    const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return JSON.parse((packed ? gunzipSync(bytes) : bytes).toString()) as unknown;
  } catch (error) {
    throw new SluiceError(
      {
        code: 'RECORDING_INVALID',
        message: `${file} is no JSON: ${error instanceof Error ? error.message : String(error)}.`,
        hint: 'docs/recordings.md has the format; `sluice gate export ID` writes one.',
      },
      { cause: error },
    );
  }
};

/** `errors.max=2%`: the value as a service file would have it. */
const changeOf = (setting: string): Change => {
  const [, path, text] = /^([A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*)=(.+)$/s.exec(setting) ?? [];
  if (path === undefined || text === undefined)
    throw new SluiceError({
      code: 'USAGE',
      message: `--set is no setting: "${setting.slice(0, 60)}".`,
      hint: 'Give it as errors.max=2% or budget=5%.',
    });
  return { path, value: parse(text) as unknown };
};

const tones = { pass: 'good', breach: 'bad', inconclusive: 'attention' } as const;

const printReplay = (terminal: Terminal, { watches, records }: Replay): void => {
  for (const { t, verdict } of watches) {
    const at: Span = span(`${sayDuration(Math.round(t * 1000))}  `, 'dim');
    print(terminal, [[at, span(verdict.kind, tones[verdict.kind]), span(` (${verdict.reason})`)]]);
    print(terminal, [[span(`  ${verdict.sentence}`)]]);
  }
  print(terminal, [[span(`  ${String(records.length)} samples; --json has the record of each`, 'dim')]]);
};
