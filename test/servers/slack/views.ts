import type { Arguments } from './methods.ts';

export type View = { readonly id: string; hash: string; view: Readonly<Record<string, unknown>> };

const no = (error: string) => ({ ok: false, error });

/** Modals that are open, with the hash that tells two edits apart. */
export class Views {
  readonly all: View[] = [];
  readonly #closed = new Set<string>();
  #count = 0;

  open(view: unknown): Readonly<Record<string, unknown>> {
    this.#count += 1;
    const id = `V0VIEW${String(this.#count)}`;
    this.all.push({ id, hash: `1760000000.${String(this.#count)}`, view: view as View['view'] });
    return this.#answer(id);
  }

  update({ view_id, hash, view }: Arguments): Readonly<Record<string, unknown>> {
    const found = this.all.find(({ id }) => id === view_id);
    if (found === undefined || this.#closed.has(found.id)) return no('not_found');
    if (hash !== undefined && hash !== found.hash) return no('hash_conflict');
    this.set(found, view);
    return this.#answer(found.id);
  }

  /** Its reader has closed it. */
  close({ id }: View): void {
    this.#closed.add(id);
  }

  set(found: View, view: unknown): void {
    this.#count += 1;
    found.hash = `1760000000.${String(this.#count)}`;
    found.view = view as View['view'];
  }

  #answer(id: string) {
    const found = this.all.find((view) => view.id === id);
    return { ok: true, view: { ...found?.view, id, hash: found?.hash } };
  }
}
