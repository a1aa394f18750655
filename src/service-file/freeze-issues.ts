import type { z } from 'zod';
import type { ServiceFile } from '../../runbooks/service.ts';
import { cronProblem, isZone } from '../freezes.ts';

/** What the schema can not see of a window, because it knows no calendar and no time zones. */
export const freezeIssues = ({ environments }: ServiceFile): readonly z.core.$ZodIssue[] =>
  Object.entries(environments).flatMap(([name, { freeze }]) =>
    (freeze?.windows ?? []).flatMap(({ cron, zone }, index) => {
      const path = ['environments', name, 'freeze', 'windows', index];
      const problem = cronProblem(cron);
      return [
        ...(problem === null ? [] : [issue([...path, 'cron'], `is no cron line: ${problem}`, cron)]),
        ...(isZone(zone)
          ? []
          : [issue([...path, 'zone'], 'must be a time zone such as Europe/Berlin', zone)]),
      ];
    }),
  );

const issue = (path: (string | number)[], message: string, input: string): z.core.$ZodIssue => ({
  code: 'custom',
  path,
  message,
  input,
});
