import type { TargetAction } from '../runbook.ts';
import { effectiveWeights } from '../traffic.ts';

/** What the placeholders of a program stand for. */
export type Values = Readonly<Record<string, string>>;

/** `{name}` of every argument but the program becomes its value; the schema has refused what has none. */
export const fillIn = (argv: readonly string[], values: Values): readonly string[] =>
  argv.map((argument, index) =>
    index === 0
      ? argument
      : argument.replaceAll(/\{([a-z]+)\}/g, (whole, name: string) =>
          Object.hasOwn(values, name) ? (values[name] ?? whole) : whole,
        ),
  );

/** Who writes, as programs are told it. */
export const valuesOfMark = (mark: {
  readonly rolloutId: string;
  readonly key: string;
  readonly fence: number;
}): Values => ({ rollout: mark.rolloutId, key: mark.key, fence: String(mark.fence) });

/** What is written, as programs are told it. */
export const valuesOfAction = (action: TargetAction): Values => {
  switch (action.do) {
    case 'deploy': {
      const { release, instances } = action;
      // Empty: as many as the tool itself thinks right.
      return { ...release, instances: instances === undefined ? '' : String(instances) };
    }
    case 'scale': {
      const { version, instances, downtime } = action;
      return { version, instances: String(instances), downtime: downtime === true ? 'true' : 'false' };
    }
    case 'shift':
      return { weights: JSON.stringify(effectiveWeights(action.weights)) };
    case 'promote':
    case 'retire':
      return { version: action.version };
    default:
      return action satisfies never;
  }
};
