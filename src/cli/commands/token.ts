import { SluiceError } from '../../../runbooks/errors.ts';
import { name as nameSchema } from '../../../runbooks/names.ts';
import { parseDuration, sayDuration } from '../../../runbooks/units.ts';
import { mintToken } from '../../access/mint.ts';
import { ciToken as ciTokenAnswer, tokenList, whoAmI } from '../../api/schemas/access.ts';
import { ciToken } from '../ci-token.ts';
import type { Cli } from '../command.ts';
import { span } from '../../story/text.ts';
import { table } from '../table.ts';
import { lookOf, print, printJson } from '../terminal.ts';

const day = 24 * 3_600_000;
const longest = 366 * day;

/** `sluice token create NAME`, without a daemon; `sluice token exchange [AUDIENCE]`, `list`, `whoami`. */
export const token = (cli: Cli, what: string, name: string | undefined): Promise<number> | number => {
  switch (what) {
    case 'create':
      return create(cli, name ?? '');
    case 'exchange':
      return exchange(cli, name ?? 'sluice');
    case 'list':
      return list(cli);
    case 'whoami':
      return whoami(cli);
    default:
      throw new SluiceError({
        code: 'USAGE',
        message: `There is no "sluice token ${what.slice(0, 40)}".`,
        hint: 'sluice token create NAME · exchange · list · whoami. To revoke one, say revoked: true in its row of access.yml.',
      });
  }
};

/** The token is on the terminal and nowhere else: stdout has it alone, so that it can be piped to where it belongs. */
const create = ({ terminal, options }: Cli, name: string): number => {
  if (!nameSchema.safeParse(name).success) {
    throw new SluiceError({
      code: 'USAGE',
      message: `"${name.slice(0, 70)}" is no name for a token.`,
      hint: 'Lower-case letters, digits and dashes, such as ci-shop.',
    });
  }
  const ms = parseDuration(options.for ?? '90d') ?? 0;
  if (ms < day || ms > longest) {
    throw new SluiceError({
      code: 'USAGE',
      message: 'A token is made for a day at least, and a year at most.',
      hint: `Give --for as 30d or 90d${options.for === undefined ? '' : `, not ${options.for.slice(0, 20)}`}.`,
    });
  }
  const made = mintToken(Date.now(), Math.floor(ms / day));
  if (options.json) printJson(terminal, { name, ...made });
  else {
    terminal.out.write(`${made.token}\n`);
    terminal.err.write(
      `Shown once, taken for ${sayDuration(Math.floor(ms / day) * day)}. It counts when this stands in access.yml, under tokens:\n\n` +
        `  ${name}: { sha256: ${made.sha256}, expires: ${made.expires} }\n\n` +
        'With person: NAME it is that person; without, a machine that groups can name.\n',
    );
  }
  return 0;
};

/** Stdout has the token alone: SLUICE_TOKEN=$(sluice token exchange). */
const exchange = async ({ terminal, api, options }: Cli, audience: string): Promise<number> => {
  const token = await ciToken(terminal.env, audience);
  const path = ['v1', 'tokens', 'exchange'];
  const taken = await api.call(ciTokenAnswer, { method: 'POST', path, body: { token }, proven: true });
  if (options.json) printJson(terminal, taken);
  else {
    terminal.out.write(`${taken.token}\n`);
    terminal.err.write(`This job is ${taken.pipeline}, until ${taken.endsAt}.\n`);
  }
  return 0;
};

const list = async ({ terminal, api, options }: Cli): Promise<number> => {
  const { tokens } = await api.call(tokenList, { path: ['v1', 'tokens'] });
  if (options.json) printJson(terminal, { tokens });
  else if (tokens.length === 0) print(terminal, [[span('access.yml has no tokens.')]]);
  else
    print(
      terminal,
      table(
        ['TOKEN', 'OF', 'LAST DAY'],
        tokens.map(({ name, person, expires, revoked }) => [
          span(name),
          span(person ?? 'a machine'),
          span(revoked ? `${expires}, revoked` : expires, revoked ? 'dim' : 'plain'),
        ]),
        lookOf(terminal.out, terminal.env),
      ),
    );
  return 0;
};

const whoami = async ({ terminal, api, options }: Cli): Promise<number> => {
  const who = await api.call(whoAmI, { path: ['v1', 'whoami'] });
  if (options.json) printJson(terminal, who);
  else {
    const groups = who.groups.length === 0 ? 'in no group' : `in ${who.groups.join(', ')}`;
    const doubt = who.unsure ? '; access.yml is broken: abort, and nothing else' : '';
    print(terminal, [[span(`${who.id}, by ${who.via}, ${groups}${doubt}`)]]);
  }
  return 0;
};
