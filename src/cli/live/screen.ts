import { createLogUpdate } from 'log-update';
import type { Terminal } from '../terminal.ts';
import { lookOf } from '../terminal.ts';
import type { LiveModel } from '../../story/model.ts';
import { renderLive } from './render.ts';
import type { Line } from '../../story/text.ts';
import { paint } from './paint.ts';

/** Four drawings a second are what an eye follows; more would only cost. */
const everyMs = 250;

/** Draws a model in place, at most four times a second, and only when there is something else to see. */
export class Screen {
  readonly #terminal: Terminal;
  readonly #update: ReturnType<typeof createLogUpdate>;
  readonly #timer: NodeJS.Timeout;
  #model: LiveModel | null = null;
  #note: Line | null = null;
  #drawn = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#update = createLogUpdate(terminal.out);
    this.#timer = setInterval(() => this.#draw(), everyMs);
  }

  show(model: LiveModel): void {
    const first = this.#model === null;
    this.#model = model;
    if (first) this.#draw();
  }

  /** A line below the picture, such as "the daemon is away"; `null` takes it away. */
  note(line: Line | null): void {
    this.#note = line;
  }

  /** The last picture stays where it is. */
  end(): void {
    clearInterval(this.#timer);
    this.#draw();
    this.#update.done();
  }

  #draw(): void {
    if (this.#model === null) return;
    const { out, env } = this.#terminal;
    const look = lookOf(out, env);
    const notes = this.#note === null ? [] : ['', ...paint([this.#note], look)];
    const { height, ...rest } = look;
    const rows = height === undefined ? {} : { height: height - notes.length - 1 };
    const picture = [...renderLive(this.#model, { ...rest, ...rows, now: Date.now() }), ...notes].join('\n');
    if (picture === this.#drawn) return;
    this.#drawn = picture;
    this.#update(picture);
  }
}
