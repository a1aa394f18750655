import { createHmac, timingSafeEqual } from 'node:crypto';

/** Slack signs the moment of sending: what is older, or comes from the future, is somebody else's copy. */
const mostOffSeconds = 300;

/** The signature of a body, as Slack makes it. */
export const signatureOf = (secret: string, timestamp: string, body: Uint8Array): string =>
  `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`;

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Why a request is not Slack's; `null`: it is. In front of Bolt's own check, which takes any time in the future and any
 * time that is no number.
 */
export const judgeSigned = (
  headers: Headers,
  body: Uint8Array,
  secret: string,
  nowMs: number,
): 'unsigned' | 'old' | 'future' | 'signature' | null => {
  const timestamp = headers['x-slack-request-timestamp'];
  const signature = headers['x-slack-signature'];
  if (typeof timestamp !== 'string' || typeof signature !== 'string') return 'unsigned';
  if (!/^\d{1,12}$/.test(timestamp) || !/^v0=[0-9a-f]{64}$/.test(signature)) return 'unsigned';
  const off = nowMs / 1000 - Number(timestamp);
  if (off > mostOffSeconds) return 'old';
  if (off < -mostOffSeconds) return 'future';
  const expected = Buffer.from(signatureOf(secret, timestamp, body));
  return timingSafeEqual(expected, Buffer.from(signature)) ? null : 'signature';
};
