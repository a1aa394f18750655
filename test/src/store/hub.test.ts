import { describe, expect, test } from '@jest/globals';
import { Hub } from '../../../src/store/hub.ts';
import type { StoredEvent } from '../../../src/store/views.ts';
import { eventually } from './eventually.ts';
import { onBothEngines } from './engines.ts';
import { newId, requested, stateBody, storyOf } from './story.ts';

const upTo = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, i) => from + i + 1);

onBothEngines((engine) => {
  test('subscribers are told every event after their position once and in order', async () => {
    const ledger = await engine.ledger();
    const say = storyOf(newId());
    await ledger.append([say(requested())]);
    const { position: before } = await ledger.head();
    const early: number[] = [];
    const late: number[] = [];
    const gone: number[] = [];
    const stops = [
      ledger.subscribe(before, (events) => early.push(...events.map((event) => event.position))),
    ];
    const stopGone = ledger.subscribe(before, (events) =>
      gone.push(...events.map((event) => event.position)),
    );
    for (let i = 0; i < 30; i += 1) {
      if (i === 10) {
        await eventually(() => gone.length === 10);
        stopGone();
      }
      if (i === 15) {
        // From the beginning, while others write.
        stops.push(ledger.subscribe(0, (events) => late.push(...events.map((event) => event.position))));
      }
      await ledger.append([say(stateBody('held')), say(stateBody('watching'))].slice(0, i < 10 ? 1 : 2));
    }
    const { position: end } = await ledger.head();
    await eventually(() => early.at(-1) === end && late.at(-1) === end);
    expect(early).toEqual(upTo(before, end));
    expect(late).toEqual(upTo(0, end));
    expect(gone).toEqual(upTo(before, before + 10));
    for (const stop of stops) stop();
  });
});

/** A ledger of numbers, whose queries are counted, held up (`answers`) and broken. */
const numbers = () => {
  const written: StoredEvent[] = [];
  const state = {
    queries: 0,
    broken: 0,
    onNews: (): void => undefined,
    warnings: [] as string[],
    answers: [] as Promise<undefined>[],
  };
  const hub = new Hub({
    read: async (after, limit) => {
      state.queries += 1;
      const found = written.filter((event) => event.position > after).slice(0, limit);
      await state.answers.shift();
      if (state.broken > 0) {
        state.broken -= 1;
        throw new Error('away');
      }
      return found;
    },
    listen: (onNews) => {
      state.onNews = onNews;
    },
    warn: (sentence) => state.warnings.push(sentence),
  });
  const write = (count: number): void => {
    for (let i = 0; i < count; i += 1) {
      const event = storyOf('r1')(stateBody('held'));
      const position = written.length + 1;
      written.push({ ...event, position, actor: null, texts: {}, previousHash: '', hash: '' });
    }
  };
  return { hub, state, write };
};

describe('one hub per process', () => {
  test('a burst of news is one more query, however many subscribers there are', async () => {
    const { hub, state, write } = numbers();
    const told = Array.from({ length: 50 }, () => [] as number[]);
    write(3);
    for (const list of told)
      hub.subscribe(0, (events) => list.push(...events.map((event) => event.position)));
    await eventually(() => told.every((list) => list.length === 3));
    await eventually(() => state.queries >= 50);
    const before = state.queries;
    write(20);
    for (let i = 0; i < 20; i += 1) state.onNews();
    await eventually(() => told.every((list) => list.length === 23));
    expect(state.queries - before).toBeLessThanOrEqual(2);
    hub.close();
  });

  test('a read that fails is tried again, and nothing is lost or told twice', async () => {
    const { hub, state, write } = numbers();
    const told: number[] = [];
    state.broken = 1;
    write(450);
    hub.subscribe(0, (events) => told.push(...events.map((event) => event.position)));
    await eventually(() => told.length === 450);
    write(1);
    state.broken = 1;
    state.onNews();
    await eventually(() => told.length === 451);
    expect(told).toEqual(upTo(0, 451));
    expect(state.warnings).toHaveLength(2);
    hub.close();
  });

  test('more news than one query brings are all told', async () => {
    const { hub, state, write } = numbers();
    const told: number[] = [];
    hub.subscribe(0, (events) => told.push(...events.map((event) => event.position)));
    write(1);
    await eventually(() => told.length === 1);
    write(450);
    state.onNews();
    await eventually(() => told.length === 451);
    expect(told).toEqual(upTo(0, 451));
    hub.close();
  });

  test('one who catches up misses nothing that the others are told meanwhile', async () => {
    const { hub, state, write } = numbers();
    const told = { early: [] as number[], late: [] as number[] };
    write(1);
    hub.subscribe(0, (events) => told.early.push(...events.map((event) => event.position)));
    await eventually(() => told.early.length === 1);

    // Its query has seen one event, and its answer takes its time; the second event comes in between.
    let answer = (): void => undefined;
    state.answers.push(new Promise((resolve) => (answer = () => resolve(undefined))));
    hub.subscribe(0, (events) => told.late.push(...events.map((event) => event.position)));
    write(1);
    state.onNews();
    await eventually(() => told.early.length === 2);
    answer();
    await eventually(() => told.late.length === 2);
    expect(told).toEqual({ early: [1, 2], late: [1, 2] });
    hub.close();
  });

  test('a subscriber that throws does not keep the others from being told', async () => {
    const { hub, state, write } = numbers();
    const told: number[] = [];
    hub.subscribe(0, () => {
      throw new Error('a bug of the subscriber');
    });
    hub.subscribe(0, (events) => told.push(...events.map((event) => event.position)));
    write(1);
    state.onNews();
    await eventually(() => told.length === 1);
    await eventually(() => state.warnings.length === 1);
    hub.close();
  });

  test('nobody is told anything after the hub was closed', async () => {
    const { hub, state, write } = numbers();
    const told: number[] = [];
    hub.subscribe(0, (events) => told.push(...events.map((event) => event.position)));
    write(1);
    state.onNews();
    await eventually(() => told.length === 1);
    write(1);
    state.onNews();
    hub.close();
    state.onNews();
    // The read that was under way ends in the meantime.
    for (let i = 0; i < 10; i += 1) await Promise.resolve();
    expect(told).toEqual([1]);
  });
});
