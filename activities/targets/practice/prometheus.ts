import type { Counters } from './counters.ts';

type Labels = Readonly<Record<string, string>>;
type Sample = { readonly suffix?: string; readonly labels: Labels; readonly value: number };

/** One metric with its samples, in the text format of Prometheus. */
export type Family = {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly Sample[];
};

const escape = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

const sampleLine = (name: string, { suffix = '', labels, value }: Sample): string => {
  const inner = Object.entries(labels).map(([key, text]) => `${key}="${escape(text)}"`);
  return `${name}${suffix}${inner.length === 0 ? '' : `{${inner.join(',')}}`} ${String(value)}`;
};

/** Exposition format 0.0.4; serve it as `text/plain; version=0.0.4`. */
export const renderMetrics = (families: readonly Family[]): string =>
  families
    .flatMap(({ name, help, type, samples }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...samples.map((sample) => sampleLine(name, sample)),
    ])
    .join('\n')
    .concat('\n');

/** The two families that every HTTP server of the practice service shows: requests by class, and their duration. */
export const requestFamilies = (
  all: readonly { readonly labels: Labels; readonly counters: Counters }[],
): readonly Family[] => [
  {
    name: 'http_requests_total',
    help: 'Requests answered, by class of their status.',
    type: 'counter',
    samples: all.flatMap(({ labels, counters }) =>
      [...counters.byClass].map(([code, value]) => ({ labels: { ...labels, code }, value })),
    ),
  },
  {
    name: 'http_request_duration_seconds',
    help: 'Time from the request to the end of its answer.',
    type: 'histogram',
    samples: all.flatMap(({ labels, counters }): readonly Sample[] => {
      const { le, count } = counters.latency();
      return [
        ...le.map((bound, i) => ({
          suffix: '_bucket',
          labels: { ...labels, le: String(bound) },
          value: count[i] ?? 0,
        })),
        { suffix: '_sum', labels, value: counters.seconds },
        { suffix: '_count', labels, value: counters.requests },
      ];
    }),
  },
];
