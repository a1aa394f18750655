import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { practiceTarget } from '../../../activities/targets/practice/adapter.ts';
import { callPlane } from '../../../activities/targets/practice/control-client.ts';
import { controlPath } from '../../../activities/targets/practice/control-path.ts';
import { readPracticeEvents } from '../../../activities/targets/practice/event-log.ts';
import { firstVersion, service } from '../fixture.ts';
import { MetricsPage } from './metrics-page.ts';
import type { Plane } from './plane.ts';

const tool = fileURLToPath(new URL('../deploy-tool.ts', import.meta.url));

/** The practice service, by itself or behind a deploy tool: its own log is the witness. `home`: its folder. */
export const practicePlane = (home: string): Plane => {
  const page = new MetricsPage(() => metricsOf(home));
  let address = '';

  const command = (): Plane['blocks'] extends (...args: never) => infer B ? B : never => {
    const program = (verb: string, ...args: readonly string[]): readonly string[] => [
      ...[process.execPath, tool, home, service, verb],
      ...args,
    ];
    const programs = {
      observe: program('observe'),
      deploy: program('deploy', '{version}', '{digest}', '{artifact}', '{instances}'),
      shift: program('shift', '{weights}'),
      scale: program('scale', '{version}', '{instances}', '{downtime}'),
      promote: program('promote', '{version}'),
      retire: program('retire', '{version}'),
      address: program('address', '{version}'),
      // A run that its worker did not see the end of is given up after this long.
      within: '5s',
    };
    const counter = (more: string): string => `http_requests_total{version="$version"${more}}`;
    return {
      block: JSON.stringify({ command: programs }),
      source: JSON.stringify({ scrape: { url: address } }),
      queries: `total: '${counter('')}', bad: '${counter(',code="5xx"')}', `,
    };
  };

  return {
    target: 'practice',
    knowsKeys: true,
    practice: [
      {
        service,
        version: firstVersion,
        manifests: './services/releases',
        load: { rate: 100, posts: 0, seed: 7 },
      },
    ],
    blocks: (target) =>
      target === 'practice'
        ? { block: '{ practice: {} }', source: '{ practice: {} }', queries: '' }
        : command(),
    open: async () => {
      address = await page.open();
    },
    events: async (after) => (await readPracticeEvents(home)).filter(({ n }) => n > after),
    weights: async () => (await practiceTarget(home).observe(service)).weights,
    fails: async (version, is) => {
      const path = `/services/${service}/faults`;
      const body = { failing: is ? 0.5 : 0, version };
      const { status } = await callPlane(home, { method: 'POST', path, body });
      if (status !== 200) throw new Error(`The plane refuses the fault: ${String(status)}.`);
    },
    close: () => page.close(),
  };
};

/** The plane's metrics as it tells them on its own socket. */
const metricsOf = (home: string): Promise<string> =>
  new Promise((resolve, reject) => {
    request({ socketPath: controlPath(home), path: '/metrics' }, (page) => {
      if (page.statusCode === 200) text(page).then(resolve, reject);
      else {
        page.resume();
        reject(new Error(`The plane answers with ${String(page.statusCode)}.`));
      }
    })
      .on('error', reject)
      .end();
  });
