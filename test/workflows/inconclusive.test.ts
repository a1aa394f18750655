import { describe, expect, test } from '@jest/globals';
import type { InconclusivePolicy } from '../../runbooks/inconclusive.ts';
import type { LedgerEvent } from '../../runbooks/events.ts';
import type { ServiceFile } from '../../runbooks/service.ts';
import type { Verdict } from '../../runbooks/verdict.ts';
import { makeService } from '../runbooks/make.ts';
import type { Script } from './stage.ts';
import { script, statesOf, until, verdict } from './stage.ts';
import { stagePerTest } from './stage-hooks.ts';

const minute = 60_000;
const hour = 60 * minute;

// A server per test: a play that has ended may hold the clock of its server.
const stage = stagePerTest();

const serviceWith = (onInconclusive: InconclusivePolicy & { readonly extend: number }): ServiceFile => {
  const service = makeService();
  const { production } = service.environments;
  if (production === undefined) throw new Error('no production');
  const gates = { ...production.gates, onInconclusive };
  return { ...service, environments: { production: { ...production, gates } } };
};
const asks = serviceWith({ extend: 5 * minute, then: 'ask' });

const doubt = (reason: string, changes: Partial<Verdict> = {}): Verdict => ({
  ...verdict('inconclusive', reason),
  t: 900,
  ...changes,
});
const silence = (changes: Partial<Verdict> = {}): Verdict =>
  doubt('no-data', { t: 420, silentSeconds: 120, ...changes });

/** Planned lengths of the watches, in minutes; guards of a wait are marked. */
const watches = ({ watched }: Script): readonly (number | string)[] =>
  watched.map(({ startsAt, endsAt, awaits, silenceMs }) => {
    const minutes = (Date.parse(endsAt) - Date.parse(startsAt)) / minute;
    return silenceMs === null ? `${awaits ?? 'guard'} ${String(minutes)}` : minutes;
  });
const causeOf = ({ events }: Script) =>
  events.flatMap(({ body }) => (body.type === 'way-back' ? [body.cause] : []))[0];
const timeOf = (events: readonly LedgerEvent[], is: (event: LedgerEvent) => boolean): number =>
  Date.parse(events.find(is)?.at ?? '');
const askedAt = ({ events }: Script): number =>
  timeOf(events, ({ body }) => body.type === 'state' && body.state === 'inconclusive');
const wentBackAt = ({ events }: Script): number => timeOf(events, ({ body }) => body.type === 'way-back');

const end = (play: Script, service: ServiceFile = asks) =>
  stage().play(play, (run) => run.handle.result(), { service });

describe('looks bad, or saturated', () => {
  test.each(['looks-bad', 'saturation'])(
    '%s: once more, then a question; unanswered: back',
    async (reason) => {
      const play = script({ watches: [doubt(reason)] });
      expect((await end(play)).state).toBe('rolled-back');
      expect(watches(play)).toEqual([15, 5, 'guard 1440']);
      expect(causeOf(play)).toMatchObject({ by: 'time' });
      expect(wentBackAt(play) - askedAt(play)).toBeGreaterThanOrEqual(24 * hour);
    },
  );
});

describe('too little traffic', () => {
  test('is not extended where that would not settle it, and a person may accept it', async () => {
    const play = script({
      watches: [doubt('too-little-traffic', { settlesInSeconds: 301 }), verdict('pass')],
    });
    const result = await stage().play(
      play,
      async (run) => {
        await until(run, 'inconclusive');
        await run.say('accept');
        return run.handle.result();
      },
      { service: asks },
    );
    expect(result.state).toBe('succeeded');
    expect(watches(play).slice(0, 2)).toEqual([15, 'guard 1440']);
  });

  test('is extended where that would settle it', async () => {
    const play = script({
      watches: [doubt('too-little-traffic', { settlesInSeconds: 300 }), verdict('pass')],
    });
    expect((await end(play)).state).toBe('succeeded');
    expect(watches(play)).toEqual([15, 5, 15, 15]);
    expect(statesOf(play)).not.toContain('inconclusive');
  });

  test('goes on where the file says so, with its reason', async () => {
    const play = script({ watches: [doubt('too-little-traffic', { settlesInSeconds: null })] });
    const because = 'nobody orders at night';
    const result = await end(play, serviceWith({ extend: 5 * minute, then: 'promote', because }));
    expect(result.state).toBe('succeeded');
    expect(watches(play)).toEqual([15, 15, 15]);
    const found = play.events.flatMap(({ body }) => (body.type === 'step-done' ? [body.found ?? ''] : []));
    expect(found.filter((text) => text.includes(because))).toHaveLength(3);
  });
});

describe('silence', () => {
  test('freezes the share, asks, and resumes by itself with what is left of the watch', async () => {
    const play = script({ watches: [silence(), verdict('pass')], comes: () => true });
    expect((await end(play)).state).toBe('succeeded');
    expect(watches(play)).toEqual([15, 'metrics 30', 10, 15, 15]);
    expect(statesOf(play).filter((state) => ['watching', 'inconclusive'].includes(state))).toEqual(
      expect.arrayContaining(['watching', 'inconclusive', 'watching']),
    );
    const resumed = play.events.findIndex(({ body }) => body.type === 'watch-resumed');
    const asked = play.events.findIndex(({ body }) => body.type === 'state' && body.state === 'inconclusive');
    expect(resumed).toBeGreaterThan(asked);
    expect(play.events[resumed]?.body).toMatchObject({ awaited: 'metrics' });
    const shifts = play.writes.flatMap(({ action }) =>
      action.do === 'shift' ? [action.weights['2.1.0']] : [],
    );
    expect(shifts).toEqual([10, 50, 90, 100]);
  });

  test('of less than two minutes is waited out before anybody is asked', async () => {
    const play = script({
      watches: [silence({ t: 900, silentSeconds: 90 }), verdict('pass')],
      comes: () => true,
    });
    expect((await end(play)).state).toBe('succeeded');
    expect(watches(play)[1]).toBe('metrics 0.5');
    expect(statesOf(play)).not.toContain('inconclusive');
  });

  test('that nobody answers goes back after half an hour, and blames nobody', async () => {
    // Whatever the file says of doubts.
    const play = script({ watches: [silence()] });
    const result = await end(play, serviceWith({ extend: 5 * minute, then: 'promote', because: 'quiet' }));
    expect(result.state).toBe('rolled-back');
    expect(causeOf(play)).toMatchObject({ by: 'silence' });
    expect(causeOf(play)?.sentence).toContain('Nobody answered within 30 min');
    const waited = wentBackAt(play) - askedAt(play);
    expect(waited).toBeGreaterThanOrEqual(30 * minute);
    expect(waited).toBeLessThan(32 * minute);
  });

  test('ends in a breach where what can be read is bad', async () => {
    const play = script({ watches: [silence(), verdict('breach', 'on_fire')], comes: () => true });
    expect((await end(play)).state).toBe('rolled-back');
    expect(causeOf(play)).toMatchObject({ by: 'breach' });
  });

  test('is not "no traffic": a release without a request waits for one', async () => {
    const play = script({ watches: [doubt('no-traffic'), verdict('pass')], comes: () => true });
    expect((await end(play)).state).toBe('succeeded');
    expect(watches(play)[1]).toBe('traffic 30');
  });
});

describe('both bad', () => {
  test('waits for the old version, and watches anew once it has recovered', async () => {
    const play = script({ watches: [doubt('both-bad'), verdict('pass')], comes: () => true });
    expect((await end(play)).state).toBe('succeeded');
    expect(watches(play).slice(0, 3)).toEqual([15, 'recovery 5', 15]);
    expect(statesOf(play)).not.toContain('inconclusive');
  });

  test('takes nothing back for it: unanswered, it is watched once more, and may turn out well', async () => {
    const play = script({ watches: [doubt('both-bad'), verdict('pass')] });
    expect((await end(play, serviceWith({ extend: 0, then: 'rollback' }))).state).toBe('succeeded');
    expect(watches(play)).toEqual([15, 'recovery 1440', 15, 15, 15]);
  });

  test('asks twice at most: what nobody has answered for two days goes back, and blames nobody', async () => {
    const play = script({ watches: [doubt('both-bad')] });
    expect(
      (await end(play, serviceWith({ extend: 5 * minute, then: 'promote', because: 'quiet' }))).state,
    ).toBe('rolled-back');
    expect(watches(play)).toEqual([15, 'recovery 5', 'recovery 1440', 15, 'recovery 1440']);
    expect(causeOf(play)).toMatchObject({ by: 'time' });
    expect(causeOf(play)?.sentence).toContain('Nobody answered within 24 h');
    expect(wentBackAt(play) - askedAt(play)).toBeGreaterThanOrEqual(48 * hour);
  });

  test('goes on where the old version recovers while the second question is open', async () => {
    let waits = 0;
    const play = script({
      watches: [doubt('both-bad'), doubt('both-bad'), verdict('pass')],
      comes: () => (waits += 1) === 2,
    });
    expect((await end(play, serviceWith({ extend: 0, then: 'rollback' }))).state).toBe('succeeded');
    expect(watches(play).slice(0, 5)).toEqual([15, 'recovery 1440', 15, 'recovery 1440', 15]);
  });
});
