import type { Case } from './cases.ts';
import type { Outcome } from './watch.ts';
import { quantileOf, wilson } from './wilson.ts';

/** Whether a demand holds as far as so many watches can tell: only what chance can't explain counts against it. */
export const holds = ({ demand, scene }: Case, outcome: Outcome): boolean => {
  const found = wilson(outcome.breaches, outcome.watches);
  switch (demand.kind) {
    case 'false-alarms':
      return found.low <= demand.atMost;
    case 'passes': {
      const passed = wilson(outcome.passes, outcome.watches);
      return (
        (demand.atLeast === null || passed.high >= demand.atLeast) &&
        (demand.atMost === null || passed.low <= demand.atMost)
      );
    }
    case 'found':
      return (
        (demand.atLeast === null || found.high >= demand.atLeast) &&
        (demand.median === null || quantileOf(outcome.times, 0.5).low - demand.onset <= demand.median) &&
        (demand.nineOfTen === null || quantileOf(outcome.times, 0.9).low - demand.onset <= demand.nineOfTen)
      );
    case 'planned': {
      const { chance, median } = demand.plan;
      const near = found.high >= chance - demand.optimistic && found.low <= chance + demand.pessimistic;
      if (median === null) return near;
      const simulated = quantileOf(outcome.times, 0.5);
      const off = Math.max(0.4 * simulated.at, 2 * scene.settings.everySeconds);
      return near && median >= simulated.low - off && median <= simulated.high + off;
    }
  }
};
