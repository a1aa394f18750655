import { z } from 'zod';
import { plainText } from './names.ts';
import { secretRef as secret } from './secret-ref.ts';
import { duration } from './units.ts';

const second = 1000;
const minute = 60 * second;

const address = (query: RegExp, says: string) => plainText(2000).regex(query, `must be ${says}`);
const prometheusUrl = address(
  /^https?:\/\/[^\s/?#@"\\]+(?:\/[^\s?#@"\\]*)?$/,
  'an http or https address without user, query and fragment, such as http://prometheus:9090',
);
const pageUrl = address(
  /^https?:\/\/[^\s/?#@"\\]+(?:[/?][^\s#@"\\]*)?$/,
  'an http or https address without user and fragment, such as http://shop-$version:9102/metrics',
);

export const authSchema = z
  .strictObject({
    bearer: secret.optional().describe('a token, by reference: env:NAME or file:/path'),
    basic: z
      .strictObject({
        username: plainText(200).describe('name of the user'),
        password: secret.describe('the password, by reference: env:NAME or file:/path'),
      })
      .optional()
      .describe('HTTP basic authentication'),
  })
  .refine(
    ({ bearer, basic }) => (bearer === undefined) !== (basic === undefined),
    'must hold one of bearer and basic',
  )
  .describe('who asks');

export const tlsSchema = z
  .strictObject({
    ca: secret
      .optional()
      .describe('certificates that are trusted instead of the usual ones (PEM), by reference'),
    cert: secret.optional().describe('certificate of the client (PEM), by reference'),
    key: secret.optional().describe('its private key (PEM), by reference'),
  })
  .refine(
    ({ cert, key }) => (cert === undefined) === (key === undefined),
    'must hold cert and key together, or neither',
  )
  .refine((tls) => Object.keys(tls).length > 0, 'must hold ca, or cert and key')
  .describe('certificates for https');

const instanceLabels = z
  .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a label'))
  .min(1)
  .max(10)
  .optional()
  .describe('labels that tell one instance from another; job and instance unless given');

const connection = {
  auth: authSchema.optional(),
  tls: tlsSchema.optional(),
  timeout: duration(50, minute).prefault('5s').describe('how long one reading may take'),
  instance: instanceLabels,
};

const prometheusSchema = z
  .strictObject({
    url: prometheusUrl.describe('address of its HTTP API, up to but without /api/v1'),
    ...connection,
    fresh: duration(second, 10 * minute)
      .prefault('60s')
      .describe('age at which a sample is no news any more: at least twice the scrape interval'),
  })
  .describe('a Prometheus, or what speaks its HTTP API');

const scrapeSchema = z
  .strictObject({
    url: pageUrl.optional().describe('the page of the only instance, or one page for all of them'),
    urls: z.array(pageUrl).min(1).max(100).optional().describe('the pages, one per instance'),
    ...connection,
  })
  .refine(({ url, urls }) => (url === undefined) !== (urls === undefined), 'must hold one of url and urls')
  .transform(({ url, urls = [], ...rest }) => ({ ...rest, urls: url === undefined ? urls : [url] }))
  .describe('the /metrics pages of the instances themselves');

const practiceSchema = z.strictObject({}).describe('counters of the practice service');

/** Where the metrics come from; a closed set, of which a file names one. */
export const gateSourceSchema = z
  .strictObject({
    practice: practiceSchema.optional(),
    prometheus: prometheusSchema.optional(),
    scrape: scrapeSchema.optional(),
  })
  .meta({ minProperties: 1, maxProperties: 1 })
  .transform(({ practice, prometheus, scrape }, context): GateSource => {
    const named = [practice, prometheus, scrape].filter((source) => source !== undefined);
    if (named.length === 1) {
      if (prometheus !== undefined) return { prometheus };
      if (scrape !== undefined) return { scrape };
      return { practice: {} };
    }
    context.addIssue({ code: 'custom', message: 'must name one of practice, prometheus and scrape' });
    return z.NEVER;
  })
  .prefault({ practice: {} })
  .describe('where the metrics come from');

export type PrometheusSource = z.output<typeof prometheusSchema>;
export type ScrapeSource = z.output<typeof scrapeSchema>;
export type GateSource =
  | { readonly practice: Readonly<Record<string, never>> }
  | { readonly prometheus: PrometheusSource }
  | { readonly scrape: ScrapeSource };
