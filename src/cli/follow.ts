import { EventSourceParserStream } from 'eventsource-parser/stream';
import { SluiceError } from '../../runbooks/errors.ts';
import type { CountsList } from '../api/schemas/answers.ts';
import { countsList } from '../api/schemas/answers.ts';
import { event as eventSchema } from '../api/schemas/event.ts';
import type { StoredEvent } from '../store/views.ts';
import type { Api } from './client.ts';
import { pause } from '../pause.ts';

export type Message =
  | { readonly is: 'event'; readonly event: StoredEvent }
  | { readonly is: 'counts'; readonly counts: CountsList }
  /** The daemon does not answer any more; it is tried again until it does. */
  | { readonly is: 'away'; readonly why: string }
  | { readonly is: 'back' };

const firstPauseMs = 250;
const longestPauseMs = 2_000;
/** The daemon says something every 10 s; longer silence is a connection that nobody ended. */
const silenceMs = 30_000;

/**
 * Everything that happens to a rollout, from its first event on. A daemon that goes away is waited for and asked again
 * from the last position, so that nothing is missed and nothing comes twice. Ends when the signal says so.
 * @throws SluiceError NOT_FOUND, UNAUTHENTICATED and what else no waiting mends
 */
export async function* follow(api: Api, id: string, signal: AbortSignal): AsyncGenerator<Message, void> {
  let position = 0;
  let away = false;
  let waitMs = firstPauseMs;
  while (!signal.aborted) {
    try {
      for await (const message of connect(api, id, position, signal)) {
        if (away) yield { is: 'back' };
        away = false;
        waitMs = firstPauseMs;
        if (message === null) continue;
        if (message.is === 'event') position = message.event.position;
        yield message;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isPassing(error)) throw error;
      if (!away) yield { is: 'away', why: error instanceof Error ? error.message : String(error) };
      away = true;
    }
    // The signal ends the pause; the loop sees it.
    await pause(waitMs, { signal });
    waitMs = Math.min(longestPauseMs, waitMs * 2);
  }
}

/** What time mends: the daemon is away, or stands there and can not answer yet. */
const isPassing = (error: unknown): boolean =>
  !(error instanceof SluiceError) ||
  error.code === 'CLIENT_OFFLINE' ||
  error.code === 'LEDGER_UNAVAILABLE' ||
  error.code === 'TEMPORAL_UNAVAILABLE';

/** One connection; `null` stands for a sign of life that tells nothing. */
async function* connect(
  api: Api,
  id: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<Message | null, void> {
  const silence = new AbortController();
  const ended = AbortSignal.any([signal, silence.signal]);
  let timer = setTimeout(() => silence.abort(), silenceMs);
  try {
    const body = await api.stream({
      path: ['v1', 'rollouts', id, 'events'],
      accept: 'text/event-stream',
      headers: { 'last-event-id': String(after) },
      signal: ended,
    });
    yield null;
    const alive = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), silenceMs);
        controller.enqueue(chunk);
      },
    });
    const messages = body
      .pipeThrough(alive)
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream());
    for await (const { event, data } of messages) {
      const message = parse(event, data);
      if (message !== null) yield message;
    }
    throw new SluiceError({ code: 'CLIENT_OFFLINE', message: 'The daemon ended the connection.' });
  } finally {
    clearTimeout(timer);
  }
}

/** What a newer daemon says, and this client does not know, is passed over. */
const parse = (event: string | undefined, data: string): Message | null => {
  const value: unknown = JSON.parse(data);
  if (event === 'samples') {
    const counts = countsList.safeParse(value);
    return counts.success ? { is: 'counts', counts: counts.data } : null;
  }
  const parsed = eventSchema.safeParse(value);
  return parsed.success ? { is: 'event', event: parsed.data } : null;
};
