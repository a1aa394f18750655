import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from '@jest/globals';
import { gatesSchema } from '../../../runbooks/gates.ts';
import type { GatesBlock } from '../../../runbooks/gates.ts';
import { SluiceError } from '../../../runbooks/errors.ts';
import type { MetricsSource } from '../../../activities/metrics/source.ts';
import { sourceOf } from '../../../activities/metrics/source.ts';
import type { Environment } from '../../../activities/metrics/http/secrets.ts';
import type { Target } from '../../../activities/targets/target.ts';

export type Served = { readonly host: string; readonly url: string; readonly close: () => Promise<void> };

const open = new Set<() => Promise<void>>();
afterAll(async () => {
  await Promise.all([...open].map((close) => close()));
});

/** An HTTP server on a free port of the loopback, closed after the tests. */
export const serve = async (listener: RequestListener): Promise<Served> => {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const host = `127.0.0.1:${String(port)}`;
  const close = async (): Promise<void> => {
    if (!open.delete(close)) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  open.add(close);
  return { host, url: `http://${host}`, close };
};

/** A page of metrics whose text is made anew for each request. */
export const servePage = (text: () => string, contentType = 'text/plain; version=0.0.4'): Promise<Served> =>
  serve((_request, response) => {
    response.writeHead(200, { 'content-type': contentType });
    response.end(text());
  });

/** One that says the same to everybody. */
export const serveAlways = (
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | ((request: IncomingMessage) => string),
): Promise<Served> =>
  serve((request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(status, headers);
    response.end(typeof body === 'string' ? body : body(request));
  });

export const total = 'http_requests_total{version="$version"}';
export const bad = 'http_requests_total{version="$version",code=~"5.."}';

/** A gates block as a service file has it, with counters of `http_requests_total` unless it says otherwise. */
export const gates = (source: unknown, more: Readonly<Record<string, unknown>> = {}): GatesBlock =>
  gatesSchema.parse({ source, errors: { total, bad }, ...more });

const noTarget = new Proxy<Target>({} as Target, {
  get: () => () => {
    throw new Error('this source asks no target');
  },
});

export const sourceFor = (policy: GatesBlock, env: Environment = {}, clock = Date.now): MetricsSource =>
  sourceOf(policy, { target: noTarget, service: 'shop', clock, env });

export const prometheusAt = (
  url: string,
  more: Readonly<Record<string, unknown>> = {},
  settings: Readonly<Record<string, unknown>> = {},
): MetricsSource => sourceFor(gates({ prometheus: { url, ...settings } }, more));

/** What a call is refused with; a call that succeeds, or fails otherwise, fails the test. */
export const refusal = async (call: Promise<unknown>): Promise<SluiceError> => {
  try {
    await call;
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error('was not refused');
};
