import { z } from 'zod';

/** Where people see and steer the rollouts of one environment. */
export const slackSchema = z
  .strictObject({
    channel: z
      .string()
      .regex(
        /^[CG][A-Z0-9]{8,20}$/,
        'must be the id of a channel, such as C0123456789: it stands at the end of the channel’s details in Slack',
      )
      .describe('id of the channel; the app must be a member of it'),
  })
  .describe('where its rollouts are shown in Slack; left out, nowhere');
