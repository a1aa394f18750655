import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { isOpen, states } from '../../runbooks/state.ts';
import type { Ledger } from '../store/ledger.ts';

/** Seconds: from a health check to a long-poll. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];

/** What Sluice says of itself, in Prometheus' text format. Streams are not timed: they last as long as their reader. */
export const addMetrics = (app: FastifyInstance, ledger: Ledger): Registry => {
  const registry = new Registry();
  // Process and event loop (nodejs_eventloop_lag_*), as prom-client names them everywhere.
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'sluice_http_request_duration_seconds',
    help: 'Time to answer a request of the API, by route.',
    labelNames: ['method', 'route', 'status'],
    buckets,
    registers: [registry],
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    requests.observe(
      { method: route === 'none' ? 'any' : request.method, route, status: reply.statusCode },
      reply.elapsedTime / 1000,
    );
  });
  addRollouts(app, ledger, registry);
  return registry;
};

const addRollouts = (app: FastifyInstance, ledger: Ledger, registry: Registry): void => {
  const open = new Gauge({
    name: 'sluice_rollouts_open',
    help: 'Rollouts that are open now, by state.',
    labelNames: ['state'],
    registers: [registry],
    collect: async () => {
      let views;
      try {
        views = await ledger.openRollouts();
      } catch (error) {
        // No number rather than an old one; the rest of the metrics are still worth having.
        open.reset();
        app.log.warn({ err: error }, 'open rollouts can not be counted');
        return;
      }
      for (const state of states.filter(isOpen)) {
        open.set({ state }, views.filter((view) => view.state === state).length);
      }
    },
  });
  const ended = new Counter({
    name: 'sluice_rollouts_ended_total',
    help: 'Rollouts that have ended since this process started, by state.',
    labelNames: ['state'],
    registers: [registry],
  });
  for (const state of states.filter((each) => !isOpen(each))) ended.inc({ state }, 0);
  let stop = (): void => undefined;
  app.addHook('onReady', async () => {
    const { position } = await ledger.head();
    stop = ledger.subscribe(position, (events) => {
      for (const { body } of events) if (body.type === 'closed') ended.inc({ state: body.state });
    });
  });
  app.addHook('onClose', async () => stop());
};
