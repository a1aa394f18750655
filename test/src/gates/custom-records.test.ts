import { describe, expect, test } from '@jest/globals';
import { recordingSchema } from '../../../src/gates/recording.ts';
import { replay } from '../../../src/gates/replay.ts';
import { rolloutGate } from '../../../src/gates/rollout-gate.ts';
import { watchOutlook } from '../../../src/gates/watch-outlook.ts';
import { beside, declined, healthy, past, share } from './make-custom.ts';
import { lastOf, settingsWith, show } from './make.ts';

describe('a recording', () => {
  const settings = settingsWith({ custom: [{ name: 'payments', errors: { harm: 0.05 } }] });
  const samples = beside(healthy(60), 'payments', share(declined(5, 2)));

  test('holds them, and is run again with the same records', () => {
    const { records } = show(settings, samples, past(2));
    const recording = recordingSchema.parse(
      JSON.parse(
        JSON.stringify({
          ...{ format: 'sluice-recording/1', service: 'checkout', version: '2.1.0', stable: '2.0.4' },
          gates: {
            errors: {},
            custom: [{ name: 'payments', total: 'payments_total', bad: 'declined_total', harm: '5%' }],
          },
          ...{ watch: '15m', steps: [{ t: 0, share: 0.1 }], history: past(2), samples },
        }),
      ),
    );
    expect(recording.samples).toHaveLength(61);
    // The planned share is said to the gate as the file's own is: a watch that holds back nothing more.
    expect(replay(recording, settings).records).toEqual(records);
    expect(replay(recording).records.at(-1)?.tests).toEqual(lastOf(records).tests);
  });

  test('goes on after a restart of the gate at any sample', () => {
    const { records } = show(settings, samples, past(2));
    for (const cut of [1, 17, 40]) {
      const first = show(settings, samples.slice(0, cut), past(2));
      let state = JSON.parse(JSON.stringify(first.state)) as typeof first.state;
      const rest = samples.slice(cut).map((sample) => {
        const seen = rolloutGate.observe(settings, state, sample);
        ({ state } = seen);
        return seen.record;
      });
      expect([...first.records, ...rest]).toEqual(records);
    }
  });
});

describe('the plan', () => {
  test('says which rise of a share is found, and how long its harm takes to be excluded', () => {
    const settings = settingsWith({ custom: [{ name: 'payments', errors: { harm: 0.05 } }] });
    const outlook = watchOutlook(settings, past(2));
    expect(outlook.sentence).toMatch(
      / A rise of payments from 2 % to about \d+(\.\d)? % or more is found \(4 times in 5\)\. \+5 points is excluded in about \d+ minutes\.$/,
    );
    expect(outlook).toMatchObject({ suffices: true, warning: null });
  });

  test('warns of a share whose harm the watch is too short for', () => {
    const settings = settingsWith({ custom: [{ name: 'payments', errors: { harm: 0.005 } }] });
    expect(watchOutlook(settings, past(2))).toMatchObject({
      suffices: false,
      warning: expect.stringMatching(
        /^A watch of 15 minutes excludes \+0\.5 points of payments for \d+ of 100/,
      ),
    });
  });
});
