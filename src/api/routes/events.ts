import type { FastifyReply } from 'fastify';
import type { RolloutView } from '../../store/views.ts';
import type { ApiDeps, ZodApp } from '../deps.ts';
import { followRollout } from '../following.ts';
import { eventList, problemDocument } from '../schemas/answers.ts';
import { eventsHeaders, eventsQuery, idParams } from '../schemas/requests.ts';
import { EventStream } from '../stream.ts';
import { WatchedSamples } from '../watching.ts';

const page = 500;

/** What happens to a rollout, as it happens. `closing` ends the streams when the server closes. */
export const addEventRoutes = (app: ZodApp, deps: ApiDeps, closing: AbortSignal): void => {
  app.get(
    '/v1/rollouts/:id/events',
    {
      // A HEAD of a stream would never end.
      exposeHeadRoute: false,
      schema: {
        summary: "The rollout's events, from the first one or after Last-Event-ID, then each as it happens",
        description:
          'Server-sent events: ledger events with their position as id, and `samples` messages (requests and errors of the running watch) without one. With `accept: application/json`: a page of what has happened so far.',
        tags: ['rollouts'],
        params: idParams,
        querystring: eventsQuery,
        headers: eventsHeaders,
        produces: ['text/event-stream', 'application/json'],
        response: {
          200: {
            description: 'a stream, or a page',
            content: { 'application/json': { schema: eventList } },
          },
          404: problemDocument.describe('no such rollout'),
        },
      },
    },
    async ({ params, query, headers, log }, reply) => {
      const view = await deps.rollouts.find(params.id);
      const after = headers['last-event-id'] ?? query.after ?? 0;
      if (!wantsPage(headers.accept)) return stream(deps, { reply, view, after, closing, log });
      const events = await deps.ledger.events({ rolloutId: view.id, after, limit: page });
      return reply.send({ events: [...events], more: events.length === page });
    },
  );
};

const wantsPage = (accept = ''): boolean =>
  accept.includes('application/json') && !accept.includes('text/event-stream');

type Asked = {
  readonly reply: FastifyReply;
  readonly view: RolloutView;
  readonly after: number;
  readonly closing: AbortSignal;
  readonly log: ApiDeps['log'];
};

const stream = async (
  { ledger }: ApiDeps,
  { reply, view, after, closing, log }: Asked,
): Promise<FastifyReply> => {
  reply.hijack();
  const out = new EventStream(reply.raw);
  const failed = (error: unknown): void => {
    // The reader asks again with its last position; until then nothing is lost.
    log.warn({ err: error, rolloutId: view.id }, 'a stream of events was broken off');
    out.end();
  };
  const samples = new WatchedSamples({
    ledger,
    view,
    tell: (body) => out.send({ event: 'samples', body }),
    failed,
  });
  let stop = (): void => undefined;
  const end = (): void => {
    closing.removeEventListener('abort', end);
    stop();
    samples.end();
    out.end();
  };
  reply.raw.once('close', end);
  closing.addEventListener('abort', end, { once: true });
  try {
    stop = await followRollout(ledger, {
      rolloutId: view.id,
      after,
      tell: (events) => {
        for (const event of events) {
          out.send({ id: event.position, body: event });
          samples.heed(event.body);
        }
      },
    });
    // It ended while the past was read.
    if (out.ended || closing.aborted) end();
  } catch (error) {
    failed(error);
  }
  return reply;
};
