import { setTimeout as pause } from 'node:timers/promises';

/** Waits until `holds`; rejects after some ms, by default far more than anything that is waited for here takes. */
export const eventually = async (holds: () => boolean, within = 30_000): Promise<void> => {
  const deadline = Date.now() + within;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`It never came true: ${holds.toString()}`);
    await pause(10);
  }
};
