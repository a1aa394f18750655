import { setTimeout as pause } from 'node:timers/promises';

/** Waits until `holds`; rejects after 20 s, far more than anything that is waited for here takes. */
export const eventually = async (holds: () => boolean): Promise<void> => {
  const deadline = Date.now() + 20_000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`It never came true: ${holds.toString()}`);
    await pause(10);
  }
};
