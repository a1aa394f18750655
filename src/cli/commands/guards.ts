import { SluiceError } from '../../../runbooks/errors.ts';
import { parseDuration } from '../../../runbooks/units.ts';
import { lockView, quarantined, quarantineList, unlocked } from '../../api/schemas/guards.ts';
import type { Cli, Options } from '../command.ts';
import { span } from '../../story/text.ts';
import { table } from '../table.ts';
import { lookOf, print, printJson } from '../terminal.ts';
import { shortId } from '../../story/words.ts';

/** `sluice lock SERVICE`: no new deploy begins there. */
export const lock = async (cli: Cli, service: string): Promise<number> => {
  const { api, terminal, options } = cli;
  const placed = await api.call(lockView, {
    method: 'POST',
    path: ['v1', 'services', service, 'lock'],
    body: { ...where(options), ...lasting(options), reason: reasonOf(options) },
    // One lock per place: a second call replaces the first.
    safe: true,
  });
  if (options.json) printJson(terminal, placed);
  else {
    const until = placed.until === null ? 'until it is unlocked' : `until ${placed.until}`;
    print(terminal, [
      [span('✓ ', 'good'), span(`${at(placed.service, options)} is locked ${until}`)],
      [span('  to undo it: ', 'dim'), span(opposite('unlock', service, options), 'strong')],
    ]);
  }
  return 0;
};

/** `sluice unlock SERVICE` */
export const unlock = async (cli: Cli, service: string): Promise<number> => {
  const { api, terminal, options } = cli;
  const answer = await api.call(unlocked, {
    method: 'POST',
    path: ['v1', 'services', service, 'unlock'],
    body: { ...where(options), reason: reasonOf(options) },
  });
  if (options.json) printJson(terminal, answer);
  else {
    print(terminal, [
      [span('✓ ', 'good'), span(`${at(service, options)} is unlocked`)],
      [span('  to undo it: ', 'dim'), span(opposite('lock', service, options), 'strong')],
    ]);
  }
  return 0;
};

const at = (service: string, { env }: Options): string =>
  env === undefined ? service : `${service} in ${env}`;

const opposite = (command: 'lock' | 'unlock', service: string, { env }: Options): string =>
  `sluice ${command} ${service}${env === undefined ? '' : ` --env ${env}`} --reason "…"`;

/** `sluice quarantine list` and `sluice quarantine lift DIGEST`. */
export const quarantine = async (cli: Cli, what: string, digest: string | undefined): Promise<number> => {
  const { api, terminal, options } = cli;
  if (what === 'list' && digest === undefined) {
    const list = await api.call(quarantineList, { path: ['v1', 'quarantine'] });
    if (options.json) printJson(terminal, list);
    else if (list.quarantined.length === 0) print(terminal, [[span('Nothing is in quarantine.')]]);
    else {
      const rows = list.quarantined.map((held) => [
        span(`${held.service} ${held.version}`),
        span(held.digest.slice(0, 19), 'dim'),
        span(held.environment),
        span(held.at, 'dim'),
        span(shortId(held.rolloutId), 'dim'),
      ]);
      const { width } = lookOf(terminal.out, terminal.env);
      print(
        terminal,
        table(['RELEASE', 'DIGEST', 'ROLLED BACK IN', 'AT', 'WHY'], rows, { width, whole: [1] }),
      );
    }
    return 0;
  }
  if (what !== 'lift' || digest === undefined) {
    throw new SluiceError({
      code: 'USAGE',
      message: 'The quarantine can be listed, and one digest lifted.',
      hint: 'sluice quarantine list, or: sluice quarantine lift DIGEST --reason "…"',
    });
  }
  const lifted = await api.call(quarantined, {
    method: 'POST',
    path: ['v1', 'quarantine', 'lift'],
    body: { digest, reason: reasonOf(options) },
  });
  if (options.json) printJson(terminal, lifted);
  else
    print(terminal, [
      [span('✓ ', 'good'), span(`${lifted.service} ${lifted.version} may be deployed again`)],
    ]);
  return 0;
};

const where = ({ env }: Options) => (env === undefined ? {} : { environment: env });

/** @throws SluiceError USAGE */
const lasting = ({ for: text }: Options) => {
  if (text === undefined) return {};
  if (parseDuration(text) !== null) return { for: text };
  throw new SluiceError({
    code: 'USAGE',
    message: `--for is no duration: "${text.slice(0, 60)}".`,
    hint: 'Give it as 30m or 2h.',
  });
};

/** @throws SluiceError USAGE */
const reasonOf = ({ reason }: Options): string => {
  if (reason !== undefined && reason.trim() !== '') return reason;
  throw new SluiceError({
    code: 'USAGE',
    message: 'A reason is needed: it is what others are shown.',
    hint: 'Add --reason "…".',
  });
};
