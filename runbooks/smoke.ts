import { z } from 'zod';
import { plainText } from './names.ts';
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

/** One request that a version must answer, sent to one of its instances and not through the service's traffic. */
export const smokeSchema = z.strictObject({
  http: z
    .strictObject({
      method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE']).default('GET').describe('HTTP method'),
      path: requestPath.describe('path of the request'),
      json: z.json().optional().describe('body, sent as JSON'),
      expect: z
        .strictObject({
          status: z.int().min(100).max(599).default(200).describe('status of a good answer'),
          body: plainText(2000).optional().describe('text that the body must contain'),
        })
        .prefault({})
        .describe('what a good answer is'),
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
      if (method === 'HEAD' && expect.body !== undefined) {
        context.addIssue({
          code: 'custom',
          path: ['expect', 'body'],
          message: 'can not be found: an answer to HEAD has no body',
        });
      }
    })
    .describe('a request to one instance'),
});
