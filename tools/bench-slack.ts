import { fly, inFlight } from '../test/src/slack/flight.ts';

export type SlackFigures = {
  readonly commands: number;
  /** Until Slack has its answer, where Temporal answers in 50 ms, and where it takes 4 s. In ms. */
  readonly soon: { readonly p50Ms: number; readonly p99Ms: number };
  readonly late: { readonly p50Ms: number; readonly p99Ms: number };
};

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;

const figures = async (temporalMs: number) => {
  const { acks } = await fly(temporalMs, 2_000);
  return { p50Ms: quantile(acks, 0.5), p99Ms: quantile(acks, 0.99) };
};

/** Slash commands in flight: Bolt's receiver over HTTP, a real ledger, an invented Slack and an invented façade. */
export const benchSlack = async (): Promise<SlackFigures> => ({
  commands: inFlight,
  soon: await figures(50),
  late: await figures(4_000),
});
