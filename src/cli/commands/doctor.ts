import { SluiceError } from '../../../runbooks/errors.ts';
import type { Check } from '../../api/health.ts';
import { doctorReport } from '../../api/schemas/answers.ts';
import { dataFolder } from '../../home.ts';
import { findPart } from '../../parts.ts';
import { loadServices } from '../../service-file/folder.ts';
import type { Cli } from '../command.ts';
import type { Line } from '../../story/text.ts';
import { prose, span } from '../../story/text.ts';
import type { Terminal } from '../terminal.ts';
import { lookOf, print, printJson } from '../terminal.ts';

/** `sluice doctor`: every connection of the daemon; where none answers, what can be seen from here. */
export const doctor = async ({ api, terminal, options }: Cli): Promise<number> => {
  let checks: readonly Check[];
  try {
    const report = await api.call(doctorReport, { path: ['v1', 'doctor'] });
    checks = [{ name: 'daemon', ok: true, says: 'answers', mend: null }, ...report.checks];
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    const mend = error.hint ?? null;
    checks = [{ name: 'daemon', ok: false, says: error.message, mend }, ...(await localChecks(terminal))];
  }
  const ok = checks.every((check) => check.ok);
  if (options.json) printJson(terminal, { ok, checks });
  else print(terminal, sayChecks(checks, lookOf(terminal.out, terminal.env).width));
  return ok ? 0 : 1;
};

const sayChecks = (checks: readonly Check[], width: number): readonly Line[] => {
  const names = Math.max(...checks.map(({ name }) => name.length)) + 2;
  const inner = Math.max(20, width - names - 2);
  const under = (lines: readonly Line[]): readonly Line[] =>
    lines.map((line) => [span(' '.repeat(names + 2)), ...line]);
  return checks.flatMap(({ name, ok, says, mend }): readonly Line[] => {
    const [first = [], ...rest] = prose(says, inner);
    return [
      [span(ok ? '✓ ' : '✗ ', ok ? 'good' : 'bad'), span(name.padEnd(names), 'strong'), ...first],
      ...under(rest),
      ...(mend === null ? [] : under(prose(mend, inner, 'attention'))),
    ];
  });
};

const localChecks = async ({ env }: Terminal): Promise<readonly Check[]> => {
  const temporal = await findPart('temporal', env);
  const { node } = process.versions;
  return [
    { name: 'node', ok: true, says: node, mend: null },
    { name: 'data folder', ok: true, says: dataFolder(env), mend: null },
    temporal.found
      ? { name: 'temporal program', ok: true, says: temporal.path, mend: null }
      : { name: 'temporal program', ok: false, says: 'not found', mend: temporal.sentence },
    await servicesCheck(env['SLUICE_SERVICES'] ?? './services'),
  ];
};

const servicesCheck = async (folder: string): Promise<Check> => {
  const name = 'services';
  try {
    const { services, broken } = await loadServices(folder);
    const says = `${services.length} in ${folder}${broken.length === 0 ? '' : `, ${broken.length} broken`}`;
    return {
      name,
      ok: broken.length === 0,
      says,
      mend: broken.length === 0 ? null : 'sluice lint shows what is wrong',
    };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { name, ok: false, says: error.message, mend: error.hint ?? null };
  }
};
