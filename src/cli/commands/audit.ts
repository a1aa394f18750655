import { errorTable, SluiceError } from '../../../runbooks/errors.ts';
import { chainReport } from '../../api/schemas/answers.ts';
import type { Cli } from '../command.ts';
import { reportProblem } from '../failure.ts';
import { span } from '../../story/text.ts';
import { print, printJson } from '../terminal.ts';
import { sayCount } from '../../story/words.ts';

/** `sluice audit`: reads the ledger's whole chain and says whether it is whole. */
export const audit = async (cli: Cli, what = 'verify'): Promise<number> => {
  if (what !== 'verify') {
    throw new SluiceError({
      code: 'USAGE',
      message: `There is no audit of that kind: "${what.slice(0, 60)}".`,
      hint: 'sluice audit verify',
    });
  }
  const { api, terminal, options } = cli;
  const report = await api.call(chainReport, { path: ['v1', 'audit'] });
  if (options.json) printJson(terminal, report);
  if (report.ok) {
    if (!options.json) {
      print(terminal, [
        [span('✓ ', 'good'), span(`the chain is whole: ${sayCount(report.events)} events`)],
        [span(`  its end is ${report.head.hash}`, 'dim')],
      ]);
    }
    return 0;
  }
  if (options.json) return errorTable.LEDGER_BROKEN.exit;
  return reportProblem(
    terminal,
    {
      code: 'LEDGER_BROKEN',
      message: `The chain breaks at event ${sayCount(report.position)}: ${report.why}. The ${sayCount(report.events)} before it are whole.`,
      hint: 'Keep a copy of the ledger as it is, and compare it with the last backup: somebody or something changed it.',
    },
    false,
  );
};
