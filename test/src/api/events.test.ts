import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createParser } from 'eventsource-parser';
import type { EventSourceMessage } from 'eventsource-parser';
import { v7 as uuidv7 } from 'uuid';
import { countsList, eventList } from '../../../src/api/schemas/answers.ts';
import { event } from '../../../src/api/schemas/event.ts';
import { breach, pass, samplesOf, Story } from './story.ts';
import type { World } from './world.ts';
import { bearer, listen, openWorld } from './world.ts';

let world: World;
let url: string;
beforeAll(async () => {
  world = await openWorld();
  url = await listen(world.api());
});
afterAll(() => world.close());

/** Reads a stream until `enough` of its messages say so, then leaves. */
const read = async (
  id: string,
  enough: (messages: readonly EventSourceMessage[]) => boolean,
  { headers = {}, meanwhile = async () => undefined }: Reading = {},
): Promise<readonly EventSourceMessage[]> => {
  const leave = new AbortController();
  const response = await fetch(`${url}/v1/rollouts/${id}/events`, {
    headers: { ...bearer, accept: 'text/event-stream', ...headers },
    signal: AbortSignal.any([leave.signal, AbortSignal.timeout(20_000)]),
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const messages: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => messages.push(message) });
  const doing = meanwhile();
  const text = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream());
  for await (const chunk of text) {
    parser.feed(chunk);
    if (enough(messages)) break;
  }
  leave.abort();
  await doing;
  return messages;
};
type Reading = {
  readonly headers?: Readonly<Record<string, string>>;
  readonly meanwhile?: () => Promise<undefined>;
};

const positions = (messages: readonly EventSourceMessage[]): readonly number[] =>
  messages.filter((message) => message.event === undefined).map((message) => Number(message.id));

const typesOf = (messages: readonly EventSourceMessage[]): readonly string[] =>
  messages
    .filter((message) => message.event === undefined)
    .map((message) => event.parse(JSON.parse(message.data)).body.type);

const has = (type: string) => (messages: readonly EventSourceMessage[]) => typesOf(messages).includes(type);

describe('GET /v1/rollouts/{id}/events', () => {
  test('everything from the beginning, then what happens, each once, in order', async () => {
    const story = new Story('2.2.0', { id: uuidv7(), service: 'streams' });
    await world.tell(story.planned());
    const messages = await read(story.id, has('closed'), {
      meanwhile: async () => {
        await world.tell(story.stepsUpTo(3));
        // Of somebody else: not in this stream.
        await world.tell(new Story('2.2.0', { id: uuidv7(), service: 'streams-not' }).planned());
        await world.tell(story.note({ type: 'closed', state: 'aborted', sentence: 'It was.' }));
        return undefined;
      },
    });
    expect(typesOf(messages)).toEqual(story.events.map(({ body }) => body.type));
    const stored = await world.ledger.events({ rolloutId: story.id, after: 0, limit: 1000 });
    expect(positions(messages)).toEqual(stored.map(({ position }) => position));
    expect(messages.map(({ data }) => event.parse(JSON.parse(data)))).toEqual(stored);
  });

  test('resumes after Last-Event-ID without a gap', async () => {
    const story = new Story('2.2.0', { id: uuidv7(), service: 'resumes' });
    await world.tell(story.planned());
    const first = await read(story.id, has('planned'));
    const last = positions(first).at(-1) ?? 0;
    await world.tell(story.stepsUpTo(2));
    const rest = await read(
      story.id,
      (messages) => typesOf(messages).length === story.events.length - first.length,
      {
        headers: { 'last-event-id': String(last) },
      },
    );
    expect(typesOf([...first, ...rest])).toEqual(story.events.map(({ body }) => body.type));
    expect(Math.min(...positions(rest))).toBeGreaterThan(last);
  });

  test('samples of the running watch come between the events, counted, without an id', async () => {
    const story = new Story('2.2.0', { id: uuidv7(), service: 'samples' });
    await world.tell(story.planned().stepsUpTo(4).watching(4));
    const samples = samplesOf(3, { canary: 0.1, baseline: 0 });
    for (const { t, sample } of samples.slice(0, 2)) await world.ledger.addSample(story.id, 0, t, sample);
    const messages = await read(story.id, has('verdict'), {
      meanwhile: async () => {
        for (const { t, sample } of samples.slice(2)) await world.ledger.addSample(story.id, 0, t, sample);
        await world.tell(story.after(3).verdict(4, breach));
        return undefined;
      },
    });
    // The verdict lets the watch be read a last time: what comes after it is still on its way here.
    const counts = messages.filter(({ event: name }) => name === 'samples');
    expect(counts.every(({ id }) => id === undefined)).toBe(true);
    const points = counts.flatMap(({ data }) => countsList.parse(JSON.parse(data)).points);
    expect(points.map(({ t }) => t)).toEqual([0, 1, 2, 3].slice(0, points.length));
    expect(points[1]).toEqual({
      t: 1,
      canary: { requests: 30, errors: 3 },
      baseline: { requests: 270, errors: 0 },
    });
  });

  test('after the verdict come the samples that were missing', async () => {
    const story = new Story('2.2.0', { id: uuidv7(), service: 'samples-late' });
    await world.tell(story.planned().stepsUpTo(4).watching(4));
    const leave = (messages: readonly EventSourceMessage[]): boolean =>
      messages.some(({ event: name, data }) => name === 'samples' && data.includes('"t":2'));
    const messages = await read(story.id, leave, {
      meanwhile: async () => {
        for (const { t, sample } of samplesOf(2, { canary: 0, baseline: 0 })) {
          await world.ledger.addSample(story.id, 0, t, sample);
        }
        await world.tell(story.after(2).verdict(4, pass));
        return undefined;
      },
    });
    expect(leave(messages)).toBe(true);
  });

  test('with accept: application/json a page of what has happened so far', async () => {
    const story = new Story('2.2.0', { id: uuidv7(), service: 'pages' });
    await world.tell(story.planned());
    const page = async (after: number) => {
      const response = await fetch(`${url}/v1/rollouts/${story.id}/events?after=${String(after)}`, {
        headers: { ...bearer, accept: 'application/json' },
      });
      return eventList.parse(await response.json());
    };
    const { events, more } = await page(0);
    expect(events.map(({ body }) => body.type)).toEqual(['requested', 'state', 'planned']);
    expect(more).toBe(false);
    expect((await page(events[1]?.position ?? 0)).events.map(({ body }) => body.type)).toEqual(['planned']);
  });

  test('a server that closes ends its streams, and 404 comes before any stream', async () => {
    const own = world.api();
    const address = await listen(own);
    const story = new Story('2.2.0', { id: uuidv7(), service: 'ends' });
    await world.tell(story.planned());
    const response = await fetch(`${address}/v1/rollouts/${story.id}/events`, { headers: bearer });
    const reading = response.text().catch(() => 'broken off');
    await own.close();
    expect(await reading).toMatch(/broken off|retry: 1000/);
    const missing = await fetch(`${url}/v1/rollouts/00000000/events`, { headers: bearer });
    expect(missing.status).toBe(404);
    expect(missing.headers.get('content-type')).toContain('application/problem+json');
  });
});
