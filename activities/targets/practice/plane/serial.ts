/** Runs tasks one after the other, in the order in which they came; one that fails does not stop the next. */
export class Serial {
  #tail: Promise<void> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(task);
    const settled = (): void => undefined;
    this.#tail = result.then(settled, settled);
    return result;
  }
}
