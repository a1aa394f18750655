import { fork } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';
import { until } from '../../test/e2e/until.ts';
import type { Sent } from '../../test/servers/slack/person.ts';
import { Person } from '../../test/servers/slack/person.ts';
import { SlackServer } from '../../test/servers/slack/server.ts';
import { team } from '../../test/servers/slack/workspace.ts';
import { inFlight } from '../../test/src/slack/flight.ts';

export type SlackFigures = {
  readonly commands: number;
  /** Until Slack has its answer, where Temporal answers in 50 ms, and where it takes 4 s. In ms. */
  readonly soon: { readonly p50Ms: number; readonly p99Ms: number };
  readonly late: { readonly p50Ms: number; readonly p99Ms: number };
};

const ackMs = 2_000;
/** For Slack's own rules, which the server of the tests holds the app to: here it only measures. */
const patientMs = 60_000;

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;

const started = z.object({ url: z.url() });

/** All press Enter at once. */
const burst = async (person: Person): Promise<readonly number[]> => {
  const sent = await Promise.all(
    Array.from({ length: inFlight }, () => person.type('/deploy', 'shop 2.1.0')),
  );
  const failed = sent.find(({ status, text }) => status !== 200 || text === '');
  if (failed !== undefined) throw new Error(`A command was not answered: ${JSON.stringify(failed)}`);
  // Nobody is left waiting: what comes later is part of the work.
  const told = (each: Sent) => [each.text, ...each.replies().map(({ text }) => text)];
  await until('everybody knows the outcome', () =>
    sent.every((each) => told(each).some((text) => !text.startsWith('*Not confirmed yet'))),
  );
  return sent.map(({ ms }) => ms).sort((a, b) => a - b);
};

/**
 * 200 slash commands in flight. The people and Slack are this process; Bolt's receiver, the handlers and a real ledger
 * another one, in front of an invented façade. Not the first ones of that process: it knows who asks, and is warm.
 */
export const benchSlack = async (): Promise<SlackFigures> => {
  const slack = new SlackServer();
  slack.ackWithinMs = patientMs;
  slack.replying.triggerMs = patientMs;
  const app = fork(new URL('app.ts', import.meta.url), [await slack.start(), String(ackMs)]);
  const heard = async () => started.parse((await once(app, 'message'))[0]);
  try {
    const { url } = await heard();
    const ana = { id: 'U0ANA0001', team, name: 'ana', email: 'ana@example.com' };
    const person = new Person(slack, () => url, ana);
    const where = async (temporalMs: number) => {
      app.send(temporalMs);
      await heard();
      const acks = await burst(person);
      return { p50Ms: quantile(acks, 0.5), p99Ms: quantile(acks, 0.99) };
    };
    await where(0);
    return { commands: inFlight, soon: await where(50), late: await where(4_000) };
  } finally {
    const ended = once(app, 'exit');
    app.disconnect();
    await ended;
    await slack.stop();
  }
};

if (import.meta.main) console.log(JSON.stringify(await benchSlack()));
