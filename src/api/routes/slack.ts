import { SluiceError } from '../../../runbooks/errors.ts';
import { largestRequest, slackHook } from '../../slack/http.ts';
import type { ApiDeps, ZodApp } from '../deps.ts';

/** Commands, clicks and forms from Slack: signed by it, without a token, answered by Bolt. */
export const addSlackRoutes = (app: ZodApp, { slack = null }: ApiDeps): void => {
  void app.register(async (scope) => {
    // The signature is of the bytes as they came.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: largestRequest },
      (_request, body, done) => done(null, body),
    );
    scope.post(
      slackHook,
      {
        bodyLimit: largestRequest,
        schema: {
          summary: 'Commands, clicks and forms from Slack',
          description: 'Signed by X-Slack-Signature instead of a token. The answers are Slack’s own forms.',
          tags: ['hooks'],
          security: [],
        },
      },
      async (request, reply) => {
        if (slack === null) {
          throw new SluiceError({
            code: 'NOT_FOUND',
            message: 'No signing secret of Slack is configured: its requests can not be told from others.',
            hint: 'Set SLUICE_SLACK_SIGNING_SECRET to where the signing secret of the app is.',
          });
        }
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const answer = await slack(request.headers, body);
        reply.hijack();
        answer(request.raw, reply.raw);
        return reply;
      },
    );
  });
};
