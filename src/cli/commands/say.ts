import { randomUUID } from 'node:crypto';
import type { Command } from '../../../runbooks/state.ts';
import { saidAnswer } from '../../api/schemas/answers.ts';
import type { Cli } from '../command.ts';
import { findRollout, timeoutOf } from '../command.ts';
import { isLive, lookOf, print, printJson } from '../terminal.ts';
import { watchRollout } from '../watch.ts';
import { refusedBy, sayAnswer, waitFor } from './start.ts';

const isAnswer = (command: Command): boolean => command === 'approve' || command === 'deny';

/** `sluice hold ID`, `sluice abort ID` and the others: one thing said to one rollout. */
export const say = async (cli: Cli, command: Command, idOrService: string): Promise<number> => {
  const { api, terminal, options } = cli;
  const timeoutMs = timeoutOf(options);
  const { id, hash } = await findRollout(api, idOrService);
  const answer = await api.call(saidAnswer, {
    method: 'POST',
    path: ['v1', 'rollouts', id, 'commands'],
    // What is approved is the plan as it stands now; one that is made in this moment is another one.
    body: {
      command,
      ...(isAnswer(command) && hash !== null ? { plan: hash } : {}),
      ...(options.reason === undefined ? {} : { reason: options.reason }),
    },
    key: options.key ?? randomUUID(),
  });
  if (answer.outcome === 'done' && answer.started?.outcome === 'refused') throw refusedBy(answer.started);
  if (options.json) printJson(terminal, answer);
  else if (!options.wait || !isLive(terminal)) {
    print(
      terminal,
      sayAnswer(answer, { width: lookOf(terminal.out, terminal.env).width, wait: options.wait }),
    );
  }
  if (!options.wait) return 0;
  return watchRollout(api, terminal, { id: waitFor(answer), json: options.json, purpose: 'wait', timeoutMs });
};
