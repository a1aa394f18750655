import { SluiceError } from '../../../runbooks/errors.ts';
import { sayDuration } from '../../../runbooks/units.ts';
import { messageOf, systemCode } from '../../targets/practice/system-code.ts';
import { unavailable } from '../unavailable.ts';
import type { Connection } from './connection.ts';
import { AnswerTooLarge, fetchText } from './fetch-text.ts';
import type { HttpAnswer } from './fetch-text.ts';

/** One question to a metrics source. */
export type Question = {
  readonly url: URL;
  readonly accept: string;
  /** Who is asked and for what, as the beginning of a sentence: `Prometheus at http://… (errors.total)`. */
  readonly who: string;
  /** Place of the source's settings in the service file. */
  readonly settings: string;
  readonly maxBytes: number;
  /** Ends the question; ms that it was given in all. */
  readonly deadline: AbortSignal;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
};

/** A text of somebody else's, short and without secrets or control characters, to be shown in quotes. */
export const excerpt = (text: string, secrets: readonly string[] = []): string => {
  const clean = secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
  const line = clean
    .replace(/<[^>]*>/g, ' ')
    .replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim();
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
};

const tlsCodes = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO)/;

const whyBroken = (error: unknown, question: Question): { readonly why: string; readonly hint: string } => {
  const { settings } = question;
  const code = systemCode(error) ?? '';
  if (error instanceof AnswerTooLarge)
    return {
      why: `answers with more than ${String(Math.round(question.maxBytes / 2 ** 20))} MiB`,
      hint: `Narrow the query, or let the source sum by instance.`,
    };
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return {
      why: `can not be reached (${code === 'ECONNREFUSED' ? 'nobody listens there' : 'no such host'})`,
      hint: `Start it, or correct ${settings}.`,
    };
  if (tlsCodes.test(code))
    return {
      why: `is not trusted, or does not trust Sluice (${code})`,
      hint: `Check the certificates in ${settings}.tls: ca for the server's, cert and key for Sluice's own.`,
    };
  if (code.startsWith('HPE_')) return { why: 'does not speak HTTP', hint: `Correct ${settings}.` };
  if (code === 'ECONNRESET')
    return { why: 'broke off its answer', hint: 'It, or a proxy before it, ended the connection.' };
  return { why: `does not answer: ${messageOf(error)}`, hint: `Check ${settings}.` };
};

const refuseRedirect = ({ status, location }: HttpAnswer, { who, settings, url }: Question): SluiceError => {
  const to = location === null || !URL.canParse(location, url.href) ? null : new URL(location, url);
  return unavailable({
    message: `${who} answers ${String(status)}, a redirect${to === null ? '' : ` to ${to.origin}${to.pathname}`}, which is not followed.`,
    hint: `Write the final address into ${settings}, or authenticate: login pages redirect.`,
    details: { status },
  });
};

/**
 * Asks once. Answers of any status but redirects and compressed ones come back; the caller judges them.
 *
 * @throws SluiceError METRICS_UNAVAILABLE; the caller's own reason where the caller gave up
 */
export const ask = async (question: Question, connection: Connection): Promise<HttpAnswer> => {
  const { url, accept, who, maxBytes, deadline, timeoutMs, signal } = question;
  signal?.throwIfAborted();
  const limits = {
    maxBytes,
    signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
  };
  try {
    const answer = await fetchText(url, accept, connection, limits);
    if (answer.status >= 300 && answer.status < 400) throw refuseRedirect(answer, question);
    if (answer.contentEncoding === 'identity') return answer;
    throw unavailable({
      message: `${who} answers compressed (${excerpt(answer.contentEncoding)}), though it was asked not to.`,
      hint: 'Switch that off in the proxy before it.',
    });
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof SluiceError) throw error;
    if (deadline.aborted)
      throw unavailable(
        {
          message: `${who} does not answer within ${sayDuration(timeoutMs)}.`,
          hint: `It is slow or away; ${question.settings}.timeout gives it longer.`,
        },
        error,
      );
    const { why, hint } = whyBroken(error, question);
    throw unavailable({ message: `${who} ${why}.`, hint }, error);
  }
};
