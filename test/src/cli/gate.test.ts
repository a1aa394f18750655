import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { recordingSchema } from '../../../src/gates/recording.ts';
import { replay } from '../../../src/gates/replay.ts';
import { evenHistory, samplesFrom, times } from '../gates/make.ts';
import { sluice } from './session.ts';

const recording = {
  format: 'sluice-recording/1',
  ...{ service: 'checkout', version: '2.1.0', stable: '2.0.4', watch: '15m' },
  gates: { every: 5000, errors: { slo: 0.999, max: 0.01, margin: 0.001, harm: 0.005 } },
  steps: [{ t: 0, share: 0.1 }],
  history: evenHistory(),
  samples: samplesFrom(times(180, (i) => ({ canary: [1, 25], baseline: [i % 3 === 0 ? 2 : 0, 225] }))),
};

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-gate-'));
  file = path.join(folder, 'shop.json');
  await writeFile(file, JSON.stringify(recording));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (...args: readonly string[]) =>
  sluice({ SLUICE_HOME: path.join(folder, 'home') }, 'gate', ...args);
type Said = Pick<ReturnType<typeof replay>, 'verdict' | 'reason' | 't' | 'sentence' | 'records'>;
const runJson = async (...args: readonly string[]): Promise<Said> => {
  const { exit, out, err } = await run('replay', ...args, '--json');
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  return JSON.parse(out) as Said;
};

describe('gate replay', () => {
  test('says, without a daemon, what the gate says, with one record per sample', async () => {
    const { verdict, reason, t, sentence, records } = replay(recordingSchema.parse(recording));
    expect(verdict).toBe('breach');
    const said = await runJson(file);
    expect(said).toEqual(JSON.parse(JSON.stringify({ verdict, reason, t, sentence, records })));
    expect(Object.keys(said)).toEqual(['verdict', 'reason', 't', 'sentence', 'records']);
    const { exit, out } = await run('replay', file);
    expect(exit).toBe(0);
    expect(out).toContain('breach (errors_vs_baseline)');
    expect(out).toContain(sentence.slice(0, 40));
  });

  test('reads what the data folder holds as it is', async () => {
    const packed = path.join(folder, 'shop.json.gz');
    await writeFile(packed, gzipSync(JSON.stringify(recording)));
    expect(await runJson(packed)).toEqual(await runJson(file));
  });

  test('with other settings gives another answer; an objective is worked out anew', async () => {
    const lax = ['--set', 'errors.max=20%', '--set', 'errors.margin=15%', '--set', 'errors.harm=15%'];
    expect(await runJson(file, ...lax)).toMatchObject({ verdict: 'pass', t: 900 });
    expect(await runJson('--set', 'errors.slo=90%', file)).toMatchObject({ verdict: 'pass' });
    const [first] = (await runJson(file, '--set', 'budget=5%')).records;
    expect(first?.needed).toBe(20);
  });

  test.each([
    [['--set', 'errors.maxx=2%'], 1, 'The gate has no setting "errors.maxx"'],
    [['--set', 'errors=2%'], 1, 'gates.errors'],
    [['--set', 'errors.max=two'], 1, 'gates.errors.max'],
    [['--set', 'errors.max'], 1, '--set is no setting'],
    [['--set', '__proto__.max=2%'], 1, '--set is no setting'],
    [['--set', 'constructor.prototype.max=2%'], 1, 'has no setting'],
  ])('refuses %j', async (args, code, message) => {
    const { exit, out, err } = await run('replay', file, ...args);
    expect({ exit, out }).toEqual({ exit: code, out: '' });
    expect(err).toContain(message);
  });

  test('refuses what is no recording, and what could not be found', async () => {
    const other = path.join(folder, 'other.json');
    for (const [text, message] of [
      ['{"format":"sluice-recording/2"}', 'format'],
      ['[1,', 'no JSON'],
      [JSON.stringify({ ...recording, steps: [] }), 'steps'],
      [JSON.stringify({ ...recording, samples: [{ t: 0, canary: 1, baseline: null }] }), 'samples.0.canary'],
    ] as const) {
      await writeFile(other, text);
      const { exit, err } = await run('replay', other);
      expect(exit).toBe(1);
      expect(err).toContain(message);
    }
    // Where the line breaks is a matter of the folder's name.
    const nowhere = await run('replay', path.join(folder, 'nowhere.json'));
    expect(nowhere.err.replace(/\s+/g, ' ')).toContain('can not be read');
    expect((await run('invent', file)).err).toContain('The gate can not "invent"');
  });
});
