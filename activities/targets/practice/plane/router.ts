import type { Random } from '../prng.ts';
import type { Group } from './group.ts';
import type { Instance } from './instance.ts';

/** Decides which instance gets a request: the version by its weight, the instance in turn. */
export class Router {
  readonly #random: Random;
  #shares: readonly { readonly group: Group; readonly weight: number }[] = [];

  constructor(random: Random = Math.random) {
    this.#random = random;
  }

  /** Holds from the next request on. Groups without weight get nothing. */
  set(shares: readonly { readonly group: Group; readonly weight: number }[]): void {
    this.#shares = shares.filter(({ weight }) => weight > 0);
  }

  get open(): boolean {
    return this.#shares.length > 0;
  }

  /**
   * `null`: no version has traffic. The instance may be one that is not ready: a version that is down fails its share
   * of the requests and is seen to do so; it doesn't hand it silently to the others.
   */
  choose(): Instance | null {
    const group = this.#draw(this.#shares);
    return group === null ? null : (group.nextReady() ?? group.nextAny());
  }

  /** Where to try once more: another instance of the same version, else one of another version with traffic. */
  alternative(failed: Instance): Instance | null {
    const own = this.#shares.find(({ group }) => group.version === failed.spec.version);
    const sibling = own?.group.nextReady(failed) ?? null;
    if (sibling !== null) return sibling;
    const others = this.#shares.filter((share) => share !== own && share.group.ready > 0);
    return this.#draw(others)?.nextReady(failed) ?? null;
  }

  #draw(shares: readonly { readonly group: Group; readonly weight: number }[]): Group | null {
    const sum = shares.reduce((total, { weight }) => total + weight, 0);
    let mark = this.#random() * sum;
    for (const { group, weight } of shares) {
      mark -= weight;
      if (mark < 0) return group;
    }
    return shares.at(-1)?.group ?? null;
  }
}
