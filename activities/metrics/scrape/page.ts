import type { ScrapeSource } from '../../../runbooks/gate-source.ts';
import { fillValue } from '../../../runbooks/promql.ts';
import { ask, excerpt } from '../http/ask.ts';
import { connectionOf } from '../http/connection.ts';
import type { Environment } from '../http/secrets.ts';
import { unavailable } from '../unavailable.ts';
import { parsePage } from './text-format.ts';
import type { Sample } from './text-format.ts';

/** A page as it was read. `id`: what stands for its instance; `at`: when its answer was there, ms since the epoch. */
export type Page = {
  readonly url: string;
  readonly id: string;
  readonly at: number;
  readonly samples: readonly Sample[];
};

const maxBytes = 16 * 2 ** 20;
const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.8,*/*;q=0.1';

const addressOf = (template: string, version: string): URL => {
  const text = fillValue(template, encodeURIComponent(version), false);
  if (URL.canParse(text)) return new URL(text);
  throw unavailable({ message: `${text} is no address.`, hint: 'Correct the address in source.scrape.' });
};

const idOf = ({ host, pathname, search }: URL): string =>
  `${host}${pathname === '/metrics' || pathname === '/' ? '' : pathname}${search}`;

const hintOf = (status: number): string => {
  if (status === 401 || status === 403) return 'Give, or correct, source.scrape.auth.';
  return status === 404 ? 'Correct the address in source.scrape.' : 'See the log of that instance.';
};

/**
 * Reads the page of `template` for one version: not followed, not retried.
 * @throws SluiceError METRICS_UNAVAILABLE with its address: no answer in time, a status other than 200, a redirect, a
 * web page, a page that is cut off or in another format
 */
const fetchPage = async (
  settings: ScrapeSource,
  template: string,
  version: string,
  parts: PageParts,
  deadline: AbortSignal,
  signal: AbortSignal | undefined,
): Promise<Page> => {
  const url = addressOf(template, version);
  const connection = await connectionOf(settings, parts.env);
  const who = `The metrics page ${url.href}`;
  const question = { url, accept, who, settings: 'source.scrape', maxBytes };
  const answer = await ask({ ...question, deadline, timeoutMs: settings.timeout, signal }, connection);
  const at = parts.clock();
  const { status, contentType, text } = answer;
  const details = { url: url.href, status };
  if (status !== 200) {
    const quote = excerpt(text, connection.secrets);
    const said = quote === '' ? '' : `: "${quote}"`;
    throw unavailable({ message: `${who} answers ${String(status)}${said}.`, hint: hintOf(status), details });
  }
  const format = contentType.includes('application/openmetrics-text') ? 'openmetrics' : 'text';
  const samples = /html|json|protobuf/.test(contentType)
    ? { fault: `is ${excerpt(contentType)}`, line: 0 }
    : parsePage(text, format);
  if (!('fault' in samples)) return { url: url.href, id: idOf(url), at, samples };
  const line = samples.line === 0 ? '' : `, line ${String(samples.line)},`;
  throw unavailable({
    message: `${who}${line} ${excerpt(samples.fault, connection.secrets)}.`,
    hint: "It must be a page in Prometheus' text format or OpenMetrics, whole.",
    details,
  });
};

export type PageParts = {
  readonly env: Environment;
  /** Ms since the epoch. */
  readonly clock: () => number;
};

/** All pages of a version. One that fails fails them all: an instance that is not heard is not known to be well. */
const fetchPages = async (
  settings: ScrapeSource,
  version: string,
  parts: PageParts,
  signal: AbortSignal | undefined,
): Promise<readonly Page[]> => {
  const deadline = AbortSignal.timeout(settings.timeout);
  return Promise.all(
    settings.urls.map((template) => fetchPage(settings, template, version, parts, deadline, signal)),
  );
};

/** All pages of a version, as `fetchPages` reads them. */
export type Pages = (version: string, signal: AbortSignal | undefined) => Promise<readonly Page[]>;

/** Several readers that ask for a version at once, as those of its metrics do, read the same pages. */
export const sharedPages = (settings: ScrapeSource, parts: PageParts): Pages => {
  const underWay = new Map<string, Promise<readonly Page[]>>();
  return async (version, signal) => {
    const found = underWay.get(version);
    if (found !== undefined) return found;
    const reading = fetchPages(settings, version, parts, signal);
    underWay.set(version, reading);
    try {
      return await reading;
    } finally {
      underWay.delete(version);
    }
  };
};
