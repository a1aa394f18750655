import type { Weights } from '../../runbooks/runbook.ts';
import type { RolloutState } from '../../runbooks/state.ts';
import type { RolloutView } from '../../src/store/views.ts';
import type { WitnessEvent } from './planes/plane.ts';
import type { Row } from './row.ts';
import type { Stand } from './stand.ts';
import type { TraceLine } from './trace.ts';
import { judgeDeadlines } from './witness-deadlines.ts';
import type { Problem } from './witness-effects.ts';
import { judgeClients, judgeEffects, judgeTraffic, judgeTurned } from './witness-effects.ts';
import { judgeLedger } from './witness-ledger.ts';

/** What must have come of a rollout. */
export type Expected = {
  readonly state: RolloutState;
  /** Every change of the weights since `since`, in order; `turnedBackFrom`: as far as it came of that way, and back. */
  readonly traffic:
    readonly Weights[] | { readonly turnedBackFrom: readonly Weights[]; readonly to: Weights };
  /** Number of the practice plane's last event before it. */
  readonly since: number;
  /** Writes that the target had to refuse because they came too late. */
  readonly late?: (key: string) => boolean;
  /** The release ends as soon as it begins: its plane starts it again and again. */
  readonly mayCrash?: boolean;
  /** The strategy has a moment without anybody to answer. */
  readonly mayLose?: boolean;
};

export type Judged = {
  readonly view: RolloutView;
  /** The daemon's account of this rollout's activities and those of its `keep`. */
  readonly trace: readonly TraceLine[];
  readonly ended: readonly Problem[];
  readonly effects: readonly Problem[];
  readonly deadline: readonly Problem[];
  readonly ledger: readonly Problem[];
};

/** Holds a rollout that has ended against what three witnesses say: the target's log, the ledger, the daemon's trace. */
export const judge = async (stand: Stand, id: string, expected: Expected): Promise<Judged> => {
  const view = await stand.api.rollout(id);
  const events = await stand.api.events(id);
  const seen = await stand.witnessed(expected.since);
  const runs = new Set(
    stand.trace().flatMap((line) => (line.rolloutId === id ? [line.id.split('/')[0] ?? ''] : [])),
  );
  const trace = stand.trace().filter((line) => runs.has(line.id.split('/')[0] ?? ''));
  const samples = new Map<number, readonly number[]>();
  for (const { body } of events) {
    if (body.type !== 'watch-started') continue;
    samples.set(
      body.watch,
      (await stand.api.samples(id, body.watch)).map(({ t }) => t),
    );
  }
  const traffic = (events: readonly WitnessEvent[]): readonly Problem[] =>
    'to' in expected.traffic
      ? judgeTurned(events, expected.traffic.turnedBackFrom, expected.traffic.to)
      : judgeTraffic(events, expected.traffic);
  const chain = await stand.api.audit();
  return {
    view,
    trace,
    ended:
      view.state === expected.state
        ? []
        : [
            {
              about: null,
              text: `it ended as ${view.state}, not as ${expected.state}: ${String(view.sentence)}`,
            },
          ],
    effects: [
      ...judgeEffects(expected.mayCrash === true ? seen.filter(isNoRestart) : seen, expected.late),
      ...traffic(seen),
      ...judgeClients(seen, expected.mayLose),
    ],
    deadline: judgeDeadlines({ events, trace, samples, lives: stand.daemon.lives }),
    ledger: [
      ...judgeLedger(events),
      ...(chain.ok ? [] : [{ about: null, text: `the chain breaks at ${chain.position}: ${chain.why}` }]),
    ],
  };
};

const isNoRestart = (event: WitnessEvent): boolean =>
  event.event !== 'instance-started' || event.restarts === 0;

/** A row of the table; of the rollout's problems those that are about `subject`, or about nothing in particular. */
export const rowOf = (
  name: string,
  judged: Judged,
  seconds: number,
  { subject = null, more = [] }: { readonly subject?: string | null; readonly more?: readonly string[] } = {},
): Row => {
  const mine = (problems: readonly Problem[]): readonly string[] =>
    problems.flatMap(({ about, text }) =>
      about === null || subject === null || about === subject
        ? [about === null ? text : `${about}: ${text}`]
        : [],
    );
  const { ended, effects, deadline, ledger, view } = judged;
  return {
    name,
    ended: view.state,
    effects: mine(effects).length === 0,
    deadline: mine(deadline).length === 0,
    ledger: mine(ledger).length === 0,
    seconds,
    problems: [...more, ...[ended, effects, deadline, ledger].flatMap(mine)],
  };
};
