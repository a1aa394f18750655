import { renderMetrics, requestFamilies } from '../prometheus.ts';
import type { Plane } from './plane.ts';

/** Everything the plane counts, in the text format of Prometheus; labels `service`, `version`, `instance`. */
export const planeMetrics = (plane: Plane): string => {
  const all = plane.all();
  const instances = all.flatMap(({ service }) =>
    service.instances().map((instance) => ({
      instance,
      labels: { service: service.name, version: instance.spec.version, instance: instance.spec.id },
    })),
  );
  return renderMetrics([
    {
      name: 'up',
      help: 'Whether the instance is ready.',
      type: 'gauge',
      samples: instances.map(({ instance, labels }) => ({ labels, value: instance.ready ? 1 : 0 })),
    },
    ...requestFamilies(instances.map(({ instance, labels }) => ({ labels, counters: instance.counters }))),
    {
      name: 'process_start_time_seconds',
      help: 'Start of the present process of the instance, since the epoch.',
      type: 'gauge',
      samples: instances.map(({ instance, labels }) => ({ labels, value: instance.startedMs / 1000 })),
    },
    {
      name: 'practice_restarts_total',
      help: 'Times that the instance was started again after it had exited.',
      type: 'counter',
      samples: instances.map(({ instance, labels }) => ({ labels, value: instance.restarts })),
    },
    {
      name: 'practice_weight_percent',
      help: 'Share of the traffic, per version.',
      type: 'gauge',
      samples: all.flatMap(({ service, record }) =>
        Object.entries(record.weights).map(([version, value]) => ({
          labels: { service: service.name, version },
          value,
        })),
      ),
    },
  ]);
};
