import { incident as incidentSchema } from '../../api/schemas/incident.ts';
import { postmortem } from '../../incidents/postmortem.ts';
import type { Cli } from '../command.ts';
import { printJson } from '../terminal.ts';

/** `sluice incident ID`: the record of a failed rollout, as a postmortem's draft (Markdown). */
export const incident = async ({ api, terminal, options }: Cli, idOrService: string): Promise<number> => {
  const found = await api.call(incidentSchema, { path: ['v1', 'rollouts', idOrService, 'incident'] });
  if (options.json) printJson(terminal, found);
  else terminal.out.write(postmortem(found));
  return 0;
};
