import { setTimeout as delay } from 'node:timers/promises';
import type { Sent } from '../../servers/slack/person.ts';
import { until } from '../../e2e/until.ts';
import { accepted, openDesk } from './desk.ts';

/** So many people press Enter at once. */
export const inFlight = 200;

export type Flight = {
  readonly sent: readonly Sent[];
  /** What each was told last, in the order in which they asked. */
  readonly outcomes: readonly string[];
  /** Rollouts that the façade was asked for. */
  readonly begun: number;
};

/**
 * 200 slash commands at once through the real receiver and a real ledger, where Temporal takes so long for each. Not the
 * first ones of their process: it knows who asks, and its code is warm.
 */
export const fly = async (temporalMs: number, ackMs?: number): Promise<Flight> => {
  const desk = await openDesk(ackMs === undefined ? {} : { ackMs });
  try {
    desk.world.script.deploy = () => Promise.resolve(accepted);
    await Promise.all(Array.from({ length: inFlight }, () => desk.ana.type('/deploy', 'shop 2.0.9')));
    let begun = 0;
    desk.world.script.deploy = async () => {
      begun += 1;
      await delay(temporalMs);
      return accepted;
    };
    const sent = await Promise.all(
      Array.from({ length: inFlight }, () => desk.ana.type('/deploy', 'shop 2.1.0')),
    );
    const outcomes = await Promise.all(
      sent.map((each) =>
        until('the outcome', () =>
          [each.text, ...each.replies().map(({ text }) => text)].findLast(
            (text) => !text.startsWith('*Not confirmed yet'),
          ),
        ),
      ),
    );
    return { sent, outcomes, begun };
  } finally {
    await desk.close();
  }
};
