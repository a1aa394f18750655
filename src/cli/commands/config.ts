import { SluiceError } from '../../../runbooks/errors.ts';
import { effectiveConfig as configSchema } from '../../api/schemas/answers.ts';
import { effectiveConfig } from '../../rollouts/effective-config.ts';
import type {
  EffectiveConfig,
  ExplainedValue,
  ValueOrigin,
} from '../../service-file/organisation/explain.ts';
import type { Line } from '../../story/text.ts';
import { span } from '../../story/text.ts';
import type { Cli } from '../command.ts';
import { table } from '../table.ts';
import { lookOf, note, print, printJson } from '../terminal.ts';

/**
 * `sluice config show SERVICE [ENV]`: what counts for it, with who said it. By the daemon's files; where none answers by
 * those of this machine, as `lint` reads them, which is said.
 */
export const config = async (
  cli: Cli,
  what: string,
  service: string,
  environment: string | undefined,
): Promise<number> => {
  if (what !== 'show')
    throw new SluiceError({
      code: 'USAGE',
      message: `There is no sluice config "${what.slice(0, 60)}".`,
      hint: 'Say sluice config show SERVICE [ENVIRONMENT].',
    });
  const { terminal, options } = cli;
  const found = await ask(cli, service, environment);
  if (options.json) printJson(terminal, found);
  else print(terminal, sayConfig(found, lookOf(terminal.out, terminal.env).width));
  return 0;
};

const ask = async (
  { api, terminal }: Cli,
  service: string,
  environment: string | undefined,
): Promise<EffectiveConfig> => {
  try {
    const query = environment === undefined ? {} : { environment };
    return await api.call(configSchema, { path: ['v1', 'services', service, 'config'], query });
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== 'CLIENT_OFFLINE') throw error;
    const folder = terminal.env['SLUICE_SERVICES'] ?? './services';
    const found = await effectiveConfig(folder, { service, environment: environment ?? null });
    note(terminal, [[span(`No daemon answers: this is what the files in ${folder} say.`, 'attention')]]);
    return found;
  }
};

/** One table for what belongs to no environment, and one for each. Pure. */
export const sayConfig = ({ service, values }: EffectiveConfig, width: number): readonly Line[] => {
  const environments = [...new Set(values.flatMap((value) => value.environment ?? []))];
  const of = (wanted: string | null): readonly ExplainedValue[] =>
    values.filter(({ environment }) => environment === wanted);
  return [
    [span(service, 'strong')],
    ...rows(of(null), '', width),
    ...environments.flatMap((name): readonly Line[] => [
      [],
      [span(name, 'strong')],
      ...rows(of(name), `environments.${name}.`, width),
    ]),
  ];
};

const rows = (values: readonly ExplainedValue[], under: string, width: number): readonly Line[] =>
  table(
    ['KEY', 'VALUE', 'SAID BY'],
    values.map(({ path, value, origin }) => [
      span(path.startsWith(under) ? path.slice(under.length) : path),
      span(value),
      span(sayOrigin(origin), origin.by === 'product' ? 'dim' : 'plain'),
    ]),
    { width, whole: [0, 2] },
  );

const sayOrigin = (origin: ValueOrigin): string => {
  if (origin.by === 'product') return 'default of Sluice';
  const place = `${fileName(origin.file)}:${String(origin.line)}`;
  return origin.by === 'service' ? place : `${place} (${origin.by})`;
};

/** Both files lie in one folder; `--json` has the whole path. */
const fileName = (path: string): string => path.replace(/^.*[\\/]/, '');
