import type { z } from 'zod';
import type { Placing } from '../strategies/strategy-block.ts';
import { placingOf } from '../strategies/strategy-block.ts';
import type { StrategyBlock } from '../strategies/strategy-block.ts';
import type { TargetBlock } from './target-block.ts';

type Fitted = {
  readonly target: TargetBlock;
  readonly strategy: StrategyBlock;
  readonly smoke: readonly unknown[];
  readonly gates: { readonly source: object };
};

/** The program of a command target without which a strategy has a step that nobody could do. */
const needed = {
  recreate: 'scale',
  rolling: 'scale',
  'blue-green': 'shift',
  canary: 'shift',
} as const satisfies Readonly<Record<Placing['name'], 'scale' | 'shift'>>;

const others = { scale: 'blue-green or canary', shift: 'recreate or rolling' } as const;

/** Refuses, at the file's own line, a target that can't do what strategy and smoke tests ask of it. */
export const refuseWhatTargetCanNot = (
  { target, strategy, smoke, gates }: Fitted,
  context: z.RefinementCtx,
): void => {
  if (target.practice === undefined && 'practice' in gates.source) {
    context.addIssue({
      code: 'custom',
      path: ['gates', 'source'],
      message: 'must be prometheus or scrape: only the practice service counts its requests itself',
    });
  }
  const { command } = target;
  if (command === undefined) return;
  const { name } = placingOf(strategy);
  const verb = needed[name];
  if (command[verb] === undefined) {
    context.addIssue({
      code: 'custom',
      path: ['target', 'command'],
      message: `has no \`${verb}\`, which ${name} needs: give it one, or choose ${others[verb]}`,
    });
  }
  if (command.address === undefined && smoke.length > 0) {
    context.addIssue({
      code: 'custom',
      path: ['target', 'command'],
      message: 'has no `address`, which smoke tests need: give it one, or say smoke: []',
    });
  }
};
