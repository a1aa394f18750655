import { stateTable } from '../../runbooks/state.ts';
import type { StoredEvent } from '../store/views.ts';
import type { Api } from './client.ts';
import { follow } from './follow.ts';
import type { LiveModel } from '../story/model.ts';
import { emptyModel } from '../story/model.ts';
import { plainLines } from './live/plain.ts';
import { heedCounts, heedEvent } from '../story/reduce.ts';
import { Screen } from './live/screen.ts';
import type { Line } from '../story/text.ts';
import { span } from '../story/text.ts';
import type { Terminal } from './terminal.ts';
import { isLive, note, print, printJson } from './terminal.ts';
import { shortId } from '../story/words.ts';

/** Exit code of a client that waited, and the rollout still runs. */
const stillRunning = 8;

export type Watching = {
  readonly id: string;
  readonly json: boolean;
  /** `wait`: until there is an exit code to give. `look`: until the rollout has ended. */
  readonly purpose: 'wait' | 'look';
  /** Gives up waiting after this; `null`: never. */
  readonly timeoutMs: number | null;
};

/** How a watching client shows what happens: a picture, lines of a log, or documents. */
type Show = {
  event(model: LiveModel, event: StoredEvent): void;
  counts(model: LiveModel): void;
  note(line: Line | null): void;
  end(): void;
};

/**
 * Follows a rollout until its end, Ctrl-C or the time limit; the rollout itself goes on in any case. Returns the exit
 * code: the state's own, or 8 for a rollout that still runs (0 for somebody who only looked).
 * @throws SluiceError as `follow`
 */
export const watchRollout = async (api: Api, terminal: Terminal, watching: Watching): Promise<number> => {
  const { id, purpose, timeoutMs } = watching;
  const ended = new AbortController();
  let left: 'interrupt' | 'timeout' | null = null;
  const leave = (why: 'interrupt' | 'timeout'): void => {
    left ??= why;
    ended.abort();
  };
  const forget = terminal.onInterrupt(() => leave('interrupt'));
  const timer = timeoutMs === null ? undefined : setTimeout(() => leave('timeout'), timeoutMs);
  const show = showOf(terminal, watching);
  let model = emptyModel(id);
  try {
    for await (const message of follow(api, id, ended.signal)) {
      switch (message.is) {
        case 'event':
          model = heedEvent(model, message.event);
          show.event(model, message.event);
          break;
        case 'counts':
          model = heedCounts(model, message.counts);
          show.counts(model);
          break;
        case 'away':
          show.note([span('The daemon is away; the rollout goes on without it. Trying again…', 'attention')]);
          break;
        case 'back':
          show.note(null);
          break;
        default:
          message satisfies never;
      }
      const exit = exitOf(model, purpose);
      if (exit !== null) return exit;
    }
  } finally {
    ended.abort();
    clearTimeout(timer);
    forget();
    show.end();
  }
  note(terminal, [leaving(id, left === 'timeout')]);
  return purpose === 'look' && left !== 'timeout' ? 0 : stillRunning;
};

/** A failed way back stays open until a person ends it: who waits is told at once, who looks on sees it through. */
const exitOf = ({ state, endedAt }: LiveModel, purpose: Watching['purpose']): number | null => {
  if (stateTable[state].open) return purpose === 'wait' ? stateTable[state].exit : null;
  return endedAt === null ? null : stateTable[state].exit;
};

const leaving = (id: string, timedOut: boolean): Line => [
  span(timedOut ? 'The time to wait is over' : 'Detached', 'strong'),
  span(`; the rollout goes on: sluice status ${shortId(id)} --watch`),
];

const showOf = (terminal: Terminal, { json }: Watching): Show => {
  const aside = (line: Line | null): void => note(terminal, [line ?? [span('The daemon is back.', 'good')]]);
  if (json) {
    return {
      event: (_model, event) => printJson(terminal, event),
      counts: () => undefined,
      note: aside,
      end: () => undefined,
    };
  }
  if (!isLive(terminal)) {
    let told = 0;
    return {
      event: ({ log }) => {
        print(terminal, plainLines(log.slice(told)));
        told = log.length;
      },
      counts: () => undefined,
      note: aside,
      end: () => undefined,
    };
  }
  const screen = new Screen(terminal);
  return {
    event: (model) => screen.show(model),
    counts: (model) => screen.show(model),
    note: (line) => screen.note(line),
    end: () => screen.end(),
  };
};
