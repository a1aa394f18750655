import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Counters } from '../counters.ts';
import type { Manifest } from '../manifest.ts';
import { seededRandom } from '../prng.ts';
import { renderMetrics, requestFamilies } from '../prometheus.ts';
import type { Family } from '../prometheus.ts';
import { outcomeOf } from './behaviour.ts';
import { applicationReply, fixedReply } from './routes.ts';
import type { Reply } from './routes.ts';

const largestBody = 64 * 1024;

const readBody = async (request: IncomingMessage): Promise<string | null> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size <= largestBody) chunks.push(chunk);
  }
  return size > largestBody ? null : Buffer.concat(chunks).toString('utf8');
};

const send = (response: ServerResponse, { status, body }: Reply): void => {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
};

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * The HTTP server of one instance, not yet listening. Probes and `/metrics` answer at once and are not counted; all
 * else is the application's and behaves as the manifest says. `crash` ends the process.
 */
export const serveInstance = (
  manifest: Manifest,
  instance: string,
  seed: number,
  crash: () => never,
): Server => {
  const bornMs = performance.now();
  const ageMs = (): number => performance.now() - bornMs;
  const random = seededRandom(seed);
  const counters = new Counters();
  const labels = { service: manifest.service, version: manifest.version, instance };

  let inFlight = 0;

  const inFlightFamily = (): Family => ({
    name: 'http_requests_in_flight',
    help: 'Requests that have come in and are not answered yet.',
    type: 'gauge',
    samples: [{ labels, value: inFlight }],
  });

  const readiness = (): Reply => {
    const { readyAfterMs } = manifest;
    const ready = readyAfterMs !== 'never' && ageMs() >= readyAfterMs;
    return { status: ready ? 200 : 503, body: { ready } };
  };

  const application = async (request: IncomingMessage, method: string, path: string): Promise<Reply> => {
    const body = await readBody(request);
    const outcome = outcomeOf(manifest, random, ageMs());
    if (outcome.kind === 'crash') return crash();
    await later(outcome.afterMs);
    const fixed = fixedReply(manifest, method, path);
    if (fixed !== null) return fixed;
    if (outcome.failed) return { status: 500, body: { error: 'this release fails some of its requests' } };
    if (body === null) return { status: 413, body: { error: 'the body is larger than 64 KiB' } };
    return applicationReply(manifest, method, path, body);
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const method = request.method ?? 'GET';
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    switch (path) {
      case '/healthz':
        send(response, fixedReply(manifest, method, path) ?? readiness());
        return;
      case '/livez':
        send(response, fixedReply(manifest, method, path) ?? { status: 200, body: { alive: true } });
        return;
      case '/metrics':
        response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
        response.end(renderMetrics([...requestFamilies([{ labels, counters }]), inFlightFamily()]));
        return;
      default: {
        const began = performance.now();
        inFlight += 1;
        try {
          const reply = await application(request, method, path);
          send(response, reply);
          counters.record(reply.status, (performance.now() - began) / 1000);
        } finally {
          inFlight -= 1;
        }
      }
    }
  };

  const server = createServer((request, response) => {
    // A request cut off by its client: there is nobody left to answer.
    answer(request, response).catch(() => response.destroy());
  });
  // Longer than the proxy keeps an idle connection, so that it is never this side that closes one about to be used.
  server.keepAliveTimeout = 75_000;
  const { crash: crashes } = manifest;
  if (crashes !== undefined && 'afterMs' in crashes) setTimeout(crash, crashes.afterMs);
  return server;
};
