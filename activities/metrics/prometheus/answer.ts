/** One sample: time in ms since the epoch, and its value (NaN and infinities as they were sent). */
export type Point = readonly [number, number];

/** A series with its samples in order of time; an instant vector has one each, a scalar is a series without labels. */
export type Series = { readonly labels: Readonly<Record<string, string>>; readonly points: readonly Point[] };

/** What can't be used, and the mend; both are texts of ours, with `quote` for what the server said. */
export type AnswerFault = { readonly fault: string; readonly hint: string; readonly quote?: string };

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const malformed = (where: string): AnswerFault => ({
  fault: `answers in another form than Prometheus does (${where})`,
  hint: 'Check that the address is that of a Prometheus API.',
});

const infinities: Readonly<Record<string, number>> = {
  '+Inf': Number.POSITIVE_INFINITY,
  '-Inf': Number.NEGATIVE_INFINITY,
};

/** `null`: not a pair of a time and a number in quotes. */
const pointOf = (value: unknown): Point | null => {
  if (!Array.isArray(value)) return null;
  const [seconds, text] = value as readonly unknown[];
  if (typeof seconds !== 'number' || typeof text !== 'string') return null;
  const number = infinities[text] ?? Number(text);
  if (Number.isNaN(number) && text !== 'NaN') return null;
  return text === '' ? null : [Math.round(seconds * 1000), number];
};

const native: AnswerFault = {
  fault: 'answers with a native histogram, which has no buckets to compare',
  hint: 'Let the service expose classic buckets too, and give their name.',
};

const seriesOf = (found: unknown): Series | AnswerFault => {
  if (!isObject(found)) return malformed('data.result');
  if ('histogram' in found || 'histograms' in found) return native;
  const labels = found['metric'];
  if (!isObject(labels) || Object.values(labels).some((value) => typeof value !== 'string'))
    return malformed('data.result[].metric');
  const values = 'values' in found ? found['values'] : [found['value']];
  if (!Array.isArray(values)) return malformed('data.result[].values');
  const points: Point[] = [];
  for (const value of values) {
    const point = pointOf(value);
    if (point === null) return malformed('data.result[].values');
    points.push(point);
  }
  return { labels: labels as Readonly<Record<string, string>>, points };
};

const resultOf = (data: unknown): readonly Series[] | AnswerFault => {
  if (!isObject(data)) return malformed('data');
  const { resultType, result } = data;
  if (!Array.isArray(result)) return malformed('data.result');
  if (resultType === 'scalar') {
    const point = pointOf(result);
    return point === null ? malformed('data.result') : [{ labels: {}, points: [point] }];
  }
  if (resultType !== 'vector' && resultType !== 'matrix') return malformed('data.resultType');
  const all: Series[] = [];
  for (const found of result) {
    const series = seriesOf(found);
    if ('fault' in series) return series;
    all.push(series);
  }
  return all;
};

const notJson = (text: string, contentType: string): AnswerFault =>
  contentType.includes('html') || /^\s*</.test(text)
    ? {
        fault: 'answers with a web page where JSON was expected',
        hint: 'Check the address, and whether a login page stands before it.',
        quote: text,
      }
    : {
        fault: `answers with ${text === '' ? 'nothing' : 'broken JSON'}`,
        hint: 'The answer was cut off, or the address is not that of a Prometheus API.',
        quote: text.slice(-80),
      };

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

/** Warnings say that something is missing from an otherwise good answer: then it must not be counted with. */
const warningOf = ({ warnings }: Json): AnswerFault | null =>
  Array.isArray(warnings) && warnings.length > 0
    ? {
        fault: 'answers with a warning, so its numbers may lack something',
        hint: 'Mend what it warns of.',
        quote: warnings.map(String).join('; '),
      }
    : null;

/** An answer of `/api/v1/query` or `/api/v1/query_range`, status 2xx or not. At most `most` series are wanted. */
export const readAnswer = (
  {
    status,
    contentType,
    text,
  }: { readonly status: number; readonly contentType: string; readonly text: string },
  most: number,
): readonly Series[] | AnswerFault => {
  const body = parseJson(text);
  if (!isObject(body) && status >= 200 && status < 300) return notJson(text, contentType);
  if (status < 200 || status >= 300 || (isObject(body) && body['status'] === 'error'))
    return refusalOf(status, isObject(body) && typeof body['error'] === 'string' ? body['error'] : text);
  if (!isObject(body) || body['status'] !== 'success') return malformed('status');
  const result = resultOf(body['data']);
  // Too many are said first: the limit that was asked for makes a warning of them.
  if ('fault' in result || result.length > most) return result;
  return warningOf(body) ?? result;
};

const hintOf = (status: number): string => {
  if (status === 401 || status === 403) return 'Give, or correct, source.prometheus.auth.';
  if (status === 404)
    return 'Correct source.prometheus.url: /api/v1/query is added to it, so it may need a path before that.';
  if (status === 400 || status === 405 || status === 422)
    return 'Correct the query: Prometheus can not run it.';
  return 'It is overloaded or ill; readings go on as soon as it answers.';
};

const refusalOf = (status: number, quote: string): AnswerFault => ({
  fault: `answers ${String(status)}`,
  hint: hintOf(status),
  quote,
});
