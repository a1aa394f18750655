import { SluiceError } from '../runbooks/errors.ts';

/** Comes again so much later, in ms: one attempt of a call lasts ten seconds at most. */
const againMs = 5_000;

/**
 * Runs at most `most` activities at once, of all that it is given; one too many gives its slot back and comes again.
 * What lasts long (a message kept fresh) or hangs (Slack) so leaves slots for what can't wait: a page.
 */
export const roomFor = (most: number) => {
  let inside = 0;
  return <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      if (inside >= most) {
        throw new SluiceError({
          code: 'SLACK_UNAVAILABLE',
          message: `${String(most)} messages are on their way to Slack already, as many as this worker sends at once.`,
          hint: 'It comes again by itself. SLUICE_TELL_SLOTS makes room for more, and so does another worker.',
          details: { retryAfterMs: againMs },
        });
      }
      inside += 1;
      try {
        return await work(...args);
      } finally {
        inside -= 1;
      }
    };
};
