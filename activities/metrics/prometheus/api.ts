import type { PrometheusSource } from '../../../runbooks/gate-source.ts';
import { ask, excerpt } from '../http/ask.ts';
import { connectionOf } from '../http/connection.ts';
import type { Environment } from '../http/secrets.ts';
import { unavailable } from '../unavailable.ts';
import { readAnswer } from './answer.ts';
import type { Series } from './answer.ts';

/** More series of one query than this are refused: a reading has to be made every few seconds. */
export const mostSeries = 5000;

const maxBytes = 64 * 2 ** 20;

/** A query and its place in the service file, such as `errors.total`; more than `most` series are refused with `mend`. */
export type Asked = {
  readonly place: string;
  readonly query: string;
  readonly mend: string;
  readonly most: number;
};

/** Some questions with one deadline, counted from its opening. */
export type Session = {
  /** `atMs`: the moment asked about; `null`: the server's now. */
  instant(asked: Asked, atMs: number | null): Promise<readonly Series[]>;
  range(asked: Asked, fromMs: number, toMs: number, stepMs: number): Promise<readonly Series[]>;
};

export type PrometheusApi = { open(signal?: AbortSignal): Promise<Session> };

/** Prometheus takes seconds; three digits, or it would ask about another moment than the sample's. */
const seconds = (ms: number): string => (ms / 1000).toFixed(3);

const endpoint = (base: string, path: string, params: Readonly<Record<string, string>>): URL => {
  if (!URL.canParse(base))
    throw unavailable({ message: `${base} is no address.`, hint: 'Correct source.prometheus.url.' });
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/${path}`;
  url.search = new URLSearchParams(params).toString();
  return url;
};

/**
 * The HTTP API of a Prometheus. Every failure is a SluiceError METRICS_UNAVAILABLE with the place of the query: status
 * other than 2xx, redirects, what is no JSON or of another form, warnings, timeouts, more series than are read. An empty
 * answer is none. References to secrets are resolved at each opening.
 *
 * Source: Prometheus, "HTTP API", expression queries.
 */
export const prometheusApi = (settings: PrometheusSource, env: Environment): PrometheusApi => ({
  async open(signal) {
    const connection = await connectionOf(settings, env);
    const { url: base, timeout: timeoutMs } = settings;
    const deadline = AbortSignal.timeout(timeoutMs);
    const send = async (
      path: string,
      { place, query, mend, most }: Asked,
      times: Readonly<Record<string, string>>,
    ) => {
      const who = `Prometheus at ${base}, asked for ${place},`;
      const params = { query, timeout: `${String(timeoutMs)}ms`, limit: String(most + 1), ...times };
      const answer = await ask(
        {
          url: endpoint(base, path, params),
          accept: 'application/json',
          settings: 'source.prometheus',
          ...{ who, maxBytes, deadline, timeoutMs, signal },
        },
        connection,
      );
      const details = { place, query, status: answer.status };
      const result = readAnswer(answer, most);
      if ('fault' in result) {
        const quote = result.quote === undefined ? '' : excerpt(result.quote, connection.secrets);
        const said = quote === '' ? '' : `: "${quote}"`;
        throw unavailable({ message: `${who} ${result.fault}${said}.`, hint: result.hint, details });
      }
      if (result.length > most)
        throw unavailable({
          message: `${who} answers with more than ${String(most)} series, too many to be read every few seconds.`,
          hint: `${mend}.`,
          details,
        });
      return result;
    };
    return {
      instant: (asked, atMs) => send('query', asked, atMs === null ? {} : { time: seconds(atMs) }),
      range: (asked, fromMs, toMs, stepMs) =>
        send('query_range', asked, {
          start: seconds(fromMs),
          end: seconds(toMs),
          step: seconds(stepMs),
        }),
    };
  },
});
