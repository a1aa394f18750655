import type { Matcher } from '../../runbooks/counter-query.ts';

type Labels = Readonly<Record<string, string>>;

/** Patterns that mean the same here as in Prometheus (RE2): no classes, groups or escapes of one dialect alone. */
const isPortable = (pattern: string): boolean =>
  !/\\(?![dDwWsS.+*?()|[\]{}^$\\/-])|\[\[?:|\(\?(?!:)/.test(pattern) && pattern.length < 1000;

/** Whether `matching` gives the answer of Prometheus for these. */
export const areLocal = (matchers: readonly Matcher[]): boolean =>
  matchers.every(({ op, value }) => op === '=' || op === '!=' || isPortable(value));

const testFor = ({ label, op, value }: Matcher): ((labels: Labels) => boolean) => {
  switch (op) {
    case '=':
      return (labels) => (labels[label] ?? '') === value;
    case '!=':
      return (labels) => (labels[label] ?? '') !== value;
    case '=~':
    case '!~': {
      // Anchored at both ends, and a label that is missing is an empty one: as in PromQL.
      const pattern = new RegExp(`^(?:${value})$`, 's');
      return (labels) => pattern.test(labels[label] ?? '') === (op === '=~');
    }
    default:
      return op satisfies never;
  }
};

/** Whether labels fit all matchers. */
export const matching = (matchers: readonly Matcher[]): ((labels: Labels) => boolean) => {
  const tests = matchers.map(testFor);
  return (labels) => tests.every((test) => test(labels));
};
