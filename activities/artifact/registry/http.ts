import { request as requestHttp } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { sayDuration } from '../../../runbooks/units.ts';
import type { Connection } from '../../metrics/http/connection.ts';
import { messageOf, systemCode } from '../../targets/practice/system-code.ts';
import { fault } from '../fault.ts';

/** One answer of a registry: any status; the body as it came, because its digest counts. */
export type RegistryAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

export type RegistryRequest = {
  readonly method: 'GET' | 'HEAD';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: Connection['tls'];
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
};

class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

const open = ({ method, url, headers, tls }: RegistryRequest, signal: AbortSignal): ClientRequest => {
  const asked = { 'user-agent': 'sluice', 'accept-encoding': 'identity', ...headers };
  return url.protocol === 'https:'
    ? requestHttps(url, { method, headers: asked, signal, ...tls })
    : requestHttp(url, { method, headers: asked, signal });
};

const collect = (answer: IncomingMessage, maxBytes: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    answer.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maxBytes) answer.destroy(new TooLarge(`more than ${String(maxBytes)} bytes`));
    });
    answer.on('error', reject);
    answer.on('end', () => resolve(Buffer.concat(chunks)));
  });

const exchange = (request: RegistryRequest, signal: AbortSignal): Promise<RegistryAnswer> =>
  new Promise((resolve, reject) => {
    const sent = open(request, signal);
    sent.on('error', reject);
    sent.on('response', (answer) => {
      const headers = Object.fromEntries(
        Object.entries(answer.headers).map(([key, value]) => [
          key,
          Array.isArray(value) ? value.join(', ') : (value ?? ''),
        ]),
      );
      collect(answer, request.maxBytes).then(
        (body) => resolve({ status: answer.statusCode ?? 0, headers, body }),
        reject,
      );
    });
    sent.end();
  });

/**
 * Sends one request: no redirects, no retries, no decompression.
 *
 * @throws SluiceError REGISTRY_UNAVAILABLE; ARTIFACT_INVALID for an answer that is too large to be what was asked for
 */
export const send = async (request: RegistryRequest): Promise<RegistryAnswer> => {
  const { url, timeoutMs, signal } = request;
  signal?.throwIfAborted();
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    return await exchange(request, signal === undefined ? deadline : AbortSignal.any([deadline, signal]));
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof TooLarge) {
      throw fault('ARTIFACT_INVALID', {
        message: `${url.host} answers ${url.pathname} with ${error.message}.`,
        hint: 'No manifest is that large: check artifact.image.',
      });
    }
    const why = deadline.aborted ? `does not answer within ${sayDuration(timeoutMs)}` : whyBroken(error);
    throw fault(
      'REGISTRY_UNAVAILABLE',
      {
        message: `The registry ${url.host} ${why}.`,
        hint: 'It is asked again for a while; check artifact.image and the network if it stays so.',
      },
      error,
    );
  }
};

const whyBroken = (error: unknown): string => {
  const code = systemCode(error);
  if (code === 'ECONNREFUSED') return 'can not be reached (nobody listens there)';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'can not be reached (no such host)';
  if (code === 'ECONNRESET') return 'broke off its answer';
  if (code?.startsWith('HPE_') === true) return 'does not speak HTTP';
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return 'does not speak TLS (artifact.plainHttp: true, if that is meant)';
  return `does not answer: ${messageOf(error)}`;
};
