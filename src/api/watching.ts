import type { EventBody } from '../../runbooks/events.ts';
import { isOpen } from '../../runbooks/state.ts';
import type { Ledger } from '../store/ledger.ts';
import type { RolloutView } from '../store/views.ts';
import { beginOf, Counting, thin } from './counting.ts';
import type { CountsList } from './schemas/answers.ts';

/** Samples come at most a few times a second, and a chart has not many more columns than these. */
const everyMs = 1_000;
const mostPoints = 240;

type Watched = { readonly watch: number; readonly counting: Counting; t: number | undefined };

type Samples = {
  readonly ledger: Ledger;
  readonly view: RolloutView;
  readonly tell: (counts: CountsList) => void;
  /** The ledger failed: whoever listens should ask again later. */
  readonly failed: (error: unknown) => void;
};

/** Reads the samples of the watch that runs, and tells what is new of them in the form of a chart. */
export class WatchedSamples {
  readonly #deps: Samples;
  readonly #timer: NodeJS.Timeout;
  #watched: Watched | null = null;
  /** The watch with which the clock of the samples begins. */
  #first: { readonly startsAt: string } | null;
  /** Between watches, and after the last one, there is nothing new to be read. */
  #runs: boolean;
  #busy: Promise<void> = Promise.resolve();

  constructor(deps: Samples) {
    this.#deps = deps;
    this.#first = deps.view.watches[0] ?? null;
    const last = deps.view.watches.at(-1);
    if (last !== undefined) this.#open(last);
    this.#runs = last?.verdict === null && isOpen(deps.view.state);
    this.#timer = setInterval(() => {
      if (this.#runs) this.#look();
    }, everyMs);
    this.#timer.unref();
    this.#look();
  }

  /** A watch that begins takes the place of the one before; its verdict lets it be read for the last time. */
  heed(body: EventBody): void {
    if (body.type === 'watch-started') this.#open(body);
    if (body.type !== 'verdict' && body.type !== 'closed') return;
    this.#runs = false;
    this.#look();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#watched = null;
  }

  #open(begun: { readonly watch: number; readonly startsAt: string }): void {
    this.#runs = true;
    if (this.#watched?.watch === begun.watch) return;
    this.#first ??= begun;
    const counting = new Counting(beginOf(begun, this.#first));
    this.#watched = { watch: begun.watch, counting, t: undefined };
  }

  /** One reading after the other: two at a time would count a sample twice. */
  #look(): void {
    this.#busy = this.#busy.then(() => this.#read()).catch(this.#deps.failed);
  }

  async #read(): Promise<void> {
    const watched = this.#watched;
    if (watched === null) return;
    const { ledger, view, tell } = this.#deps;
    const samples = await ledger.samples(view.id, watched.watch, watched.t);
    if (samples.length === 0 || this.#watched !== watched) return;
    watched.t = samples.at(-1)?.t;
    const points = samples.map((sample) => watched.counting.add(sample));
    tell({ watch: watched.watch, points: [...thin(points, mostPoints)] });
  }
}
