import { z } from 'zod';
import { plainText } from './names.ts';
import { oneOf } from './one-of.ts';
import { namesIn } from './smoke-flow.ts';
import { duration } from './units.ts';

/**
 * Path of a request, joined to an instance's address. Two slashes, or a backslash, would lead to another host; anything
 * but visible ASCII has no place in a request line.
 */
const requestPath = z
  .string()
  .max(2000)
  .regex(
    /^\/(?!\/)[!-[\]-~]*$/,
    'must begin with one slash and hold visible ASCII without backslashes (percent-encode the rest)',
  );

const headerName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,99}$/, 'must be the name of a header in lower case, such as content-type');

const place = z
  .string()
  .regex(
    /^[^.\s]{1,100}(?:\.[^.\s]{1,100}){0,19}$/,
    'must be a place in the JSON of the answer, such as id or items.0.id',
  );

const captureSchema = z
  .record(
    z
      .string()
      .regex(/^[a-z][a-zA-Z0-9_]{0,39}$/, 'must be a name such as cart: letters, digits and underscores'),
    oneOf({
      json: place.describe('place in the JSON of the answer, such as items.0.id'),
      header: headerName.describe('header of the answer'),
    }),
  )
  .refine((names) => Object.keys(names).length <= 20, 'must not capture more than 20 values')
  .describe('values of the answer that later tests use as $NAME in path, json and headers');

/** One request that a version must answer, sent to one of its instances and not through the service's traffic. */
export const smokeSchema = z.strictObject({
  http: z
    .strictObject({
      method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE']).default('GET').describe('HTTP method'),
      path: requestPath.describe('path of the request'),
      json: z.json().optional().describe('body, sent as JSON'),
      headers: z
        .record(headerName, plainText(2000))
        .optional()
        .describe('headers of the request; no secrets: what is in the file is kept in histories'),
      expect: z
        .strictObject({
          status: z.int().min(100).max(599).default(200).describe('status of a good answer'),
          headers: z
            .record(headerName, plainText(2000))
            .optional()
            .describe('texts that headers of the answer must contain'),
          json: z.json().optional().describe('what the JSON of the answer must hold; it may hold more'),
          body: plainText(2000).optional().describe('text that the body must contain'),
        })
        .prefault({})
        .describe('what a good answer is'),
      capture: captureSchema.optional(),
      within: duration(50, 60_000).prefault('2s').describe('how long the answer may take'),
    })
    .superRefine(({ method, json, expect }, context) => {
      if (json !== undefined && (method === 'GET' || method === 'HEAD')) {
        context.addIssue({
          code: 'custom',
          path: ['json'],
          message: `can not be sent with ${method}: give method: POST`,
        });
      }
      if (method === 'HEAD' && (expect.body !== undefined || expect.json !== undefined)) {
        context.addIssue({
          code: 'custom',
          path: ['expect', expect.body === undefined ? 'json' : 'body'],
          message: 'can not be found: an answer to HEAD has no body',
        });
      }
    })
    .describe('a request to one instance'),
});

/** The smoke tests of one version, in their order: what one has captured, the later ones may use. */
export const smokeFlowSchema = z
  .array(smokeSchema)
  .max(50)
  .superRefine((tests, context) => {
    const known = new Set<string>();
    for (const [i, { http }] of tests.entries()) {
      for (const key of ['path', 'json', 'headers'] as const) {
        for (const name of namesIn(http[key])) {
          if (known.has(name)) continue;
          context.addIssue({
            code: 'custom',
            path: [i, 'http', key],
            message: `uses $${name}, which no test before it captures`,
          });
        }
      }
      for (const name of Object.keys(http.capture ?? {})) known.add(name);
    }
  });
