import { z } from 'zod';
import { SluiceError } from '../../runbooks/errors.ts';
import { sayDuration } from '../../runbooks/units.ts';
import type { AlertEvent, ChangeEvent } from './events.ts';

export type PagerDutyOptions = {
  /** Base address: `https://events.pagerduty.com`, in the EU `https://events.eu.pagerduty.com`. */
  readonly url: string;
  /** For one call, in ms; default 10,000. */
  readonly timeoutMs?: number;
};

/** The Events API: one call each, no retries inside. */
export type PagerDuty = {
  /** @throws SluiceError PAGER_REFUSED (final), PAGER_UNAVAILABLE (`details.retryAfterMs` where PagerDuty said when) */
  readonly send: (event: AlertEvent) => Promise<void>;
  /** @throws as `send` */
  readonly sendChange: (event: ChangeEvent) => Promise<void>;
};

const largestAnswer = 16 * 1024;
/** Later than this nobody waits, whatever PagerDuty asks for. */
const longestPause = 10 * 60_000;

export const pagerDuty = ({ url, timeoutMs = 10_000 }: PagerDutyOptions): PagerDuty => {
  const post = async (path: string, event: AlertEvent | ChangeEvent): Promise<void> => {
    let status: number;
    let retryAfter: string | null;
    let text: string;
    try {
      const response = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json', 'user-agent': 'sluice' },
        body: JSON.stringify(event),
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      });
      status = response.status;
      retryAfter = response.headers.get('retry-after');
      text = (await response.text()).slice(0, largestAnswer);
    } catch (error) {
      throw unreached(url, error, timeoutMs);
    }
    if (status === 202) return;
    throw refusal({ url, status, retryAfter, text, key: event.routing_key });
  };
  return {
    send: (event) => post('/v2/enqueue', event),
    sendChange: (event) => post('/v2/change/enqueue', event),
  };
};

const unreached = (url: string, error: unknown, timeoutMs: number): SluiceError => {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : null;
  const slow = error instanceof Error && error.name === 'TimeoutError';
  const why = slow
    ? `does not answer within ${sayDuration(timeoutMs)}`
    : `can not be reached (${code ?? (error instanceof Error ? error.message : String(error))})`;
  return new SluiceError(
    {
      code: 'PAGER_UNAVAILABLE',
      message: `PagerDuty at ${url} ${why}.`,
      hint: 'It is tried again until it answers; SLUICE_PAGERDUTY_URL is its address.',
    },
    { cause: error },
  );
};

const answerSchema = z.object({
  message: z.string().optional(),
  errors: z.array(z.string()).optional(),
});

type Answered = {
  readonly url: string;
  readonly status: number;
  readonly retryAfter: string | null;
  readonly text: string;
  readonly key: string;
};

/** What an answer other than 202 means: the event is wrong for good, or it is worth another try. */
const refusal = (answered: Answered): SluiceError => {
  const { url, status } = answered;
  if (status === 400 || status === 413) {
    return new SluiceError({
      code: 'PAGER_REFUSED',
      message: `PagerDuty refused the event (${String(status)}): ${reasonOf(answered)}`,
      hint: 'Check page.pagerduty.routingKey: it must be the integration key (32 characters) of an Events API v2 integration.',
      details: { status },
    });
  }
  const retryAfterMs = pauseOf(answered.retryAfter);
  const busy = status === 429 ? 'takes no more events at the moment' : `answers ${String(status)}`;
  return new SluiceError({
    code: 'PAGER_UNAVAILABLE',
    message: `PagerDuty at ${url} ${busy}.`,
    hint:
      status === 429 || status >= 500
        ? 'It is tried again until it is taken.'
        : 'Is SLUICE_PAGERDUTY_URL the address of the Events API? It is tried again meanwhile.',
    details: { status, ...(retryAfterMs === null ? {} : { retryAfterMs }) },
  });
};

/** PagerDuty's own words, on one line and without the key, should it be quoted. */
const reasonOf = ({ text, key }: Answered): string => {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return 'it did not say why.';
  }
  const { data } = answerSchema.safeParse(said);
  const words = [data?.message, ...(data?.errors ?? [])].filter((each) => each !== undefined).join(': ');
  const line = words.replaceAll(key, '***').replaceAll(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ');
  return line === '' ? 'it did not say why.' : `${line.slice(0, 300)}.`;
};

/** `Retry-After` in ms: seconds or a date. */
const pauseOf = (header: string | null): number | null => {
  if (header === null) return null;
  const ms = /^\d{1,6}$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), longestPause);
};
