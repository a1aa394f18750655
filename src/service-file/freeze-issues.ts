import type { z } from 'zod';
import type { FreezeBlock } from '../../runbooks/freeze-block.ts';
import type { ServiceFile } from '../../runbooks/service.ts';
import { cronProblem, isZone } from '../freezes.ts';
import type { Path } from './path.ts';

/** A window that no calendar has. */
type WindowIssue = { readonly path: Path; readonly message: string; readonly input: string };

/** What the schema can not see of windows, because it knows no calendar and no time zones. `path`: where they stand. */
export const windowIssues = (windows: FreezeBlock['windows'], path: Path): readonly WindowIssue[] =>
  windows.flatMap(({ cron, zone }, index) => {
    const problem = cronProblem(cron);
    return [
      ...(problem === null
        ? []
        : [{ path: [...path, index, 'cron'], message: `is no cron line: ${problem}`, input: cron }]),
      ...(isZone(zone)
        ? []
        : [
            {
              path: [...path, index, 'zone'],
              message: 'must be a time zone such as Europe/Berlin',
              input: zone,
            },
          ]),
    ];
  });

/** The same of every window of a service file. */
export const freezeIssues = ({ environments }: ServiceFile): readonly z.core.$ZodIssue[] =>
  Object.entries(environments).flatMap(([name, { freeze }]) =>
    windowIssues(freeze?.windows ?? [], ['environments', name, 'freeze', 'windows']).map((issue) => ({
      ...issue,
      code: 'custom' as const,
      path: [...issue.path],
    })),
  );
