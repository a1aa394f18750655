import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const started = z.object({ pid: z.int(), address: z.string(), version: z.string(), at: z.number() });
const ended = z.object({ pid: z.int(), ended: z.literal(true), at: z.number() });
const line = z.union([started, ended]);

/** One beginning or end of an instance of the examples' application, as it wrote it down itself. */
export type InstanceLine = z.output<typeof line> & { readonly instance: string };

/** Everything that the instances of this folder have said of themselves, oldest first. */
export const readInstances = (run: string): readonly InstanceLine[] =>
  readdirSync(run)
    .filter((file) => file.endsWith('.log'))
    .flatMap((file) =>
      readFileSync(join(run, file), 'utf8')
        .split('\n')
        .filter((text) => text.startsWith('{'))
        .map((text) => ({ ...line.parse(JSON.parse(text)), instance: file.slice(0, -'.log'.length) })),
    )
    .sort((one, other) => one.at - other.at);

/** Where each of them is now: `IP:PORT` by its name. */
export const addresses = (run: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(join(run, 'scrape'))
      .filter((file) => file.endsWith('.json'))
      .map((file) => {
        const [{ targets } = { targets: [] }] = z
          .array(z.object({ targets: z.array(z.string()) }))
          .parse(JSON.parse(readFileSync(join(run, 'scrape', file), 'utf8')));
        return [file.slice(0, -'.json'.length), targets[0] ?? ''];
      }),
  );

/** The metrics of all that run, each line with its instance, as a scraper would have labelled it. */
export const metricsOf = async (run: string): Promise<string> => {
  const pages = await Promise.all(
    [...addresses(run)].map(async ([instance, address]) => {
      const page = await (await fetch(`http://${address}/metrics`)).text();
      return page.replaceAll(/^(\w+)\{/gm, `$1{instance="${instance}",`);
    }),
  );
  const seen = new Set<string>();
  // A page says once of which type a metric is.
  const isNew = (text: string): boolean =>
    !text.startsWith('#') || (!seen.has(text) && seen.add(text).has(text));
  return `${pages.join('\n').split('\n').filter(isNew).join('\n')}\n`;
};
