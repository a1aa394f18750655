import { SluiceError } from '../../../runbooks/errors.ts';
import { askHaproxy, senseless } from './runtime-api.ts';

/** One server of the backend, as HAProxy has it now. `address`: `IP:PORT`, `[IP]:PORT` for IPv6. */
export type Server = {
  readonly name: string;
  readonly address: string;
  /** 0–256, absolute; HAProxy's percent weights are relative to the configured one and of no use. */
  readonly weight: number;
  readonly admin: 'ready' | 'drain' | 'maint';
  /** Whether its health checks (if it has any) let it have traffic. */
  readonly up: boolean;
};

export const joinAddress = (host: string, port: string): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** Bits of `srv_admin_state`: forced, inherited, by resolver, by host name. 4 says only that the file began with maint. */
const maintBits = 0x01 | 0x02 | 0x20 | 0x40;
const drainBits = 0x08 | 0x10;

const wanted = [
  'srv_name',
  'srv_addr',
  'srv_port',
  'srv_op_state',
  'srv_admin_state',
  'srv_uweight',
] as const;
type Column = (typeof wanted)[number];

/** Reads the answer to `show servers state`, format 1: columns by their names, since versions add some. */
export const parseServers = (answer: string): readonly Server[] | null => {
  const [format, head, ...lines] = answer.trimEnd().split('\n');
  if (format?.trim() !== '1' || head?.startsWith('# ') !== true) return null;
  const columns = head.slice(2).trim().split(' ');
  const at = Object.fromEntries(wanted.map((column) => [column, columns.indexOf(column)])) as Record<
    Column,
    number
  >;
  if (wanted.some((column) => at[column] < 0)) return null;
  const servers: Server[] = [];
  for (const line of lines) {
    const cells = line.trim().split(' ');
    const cell = (column: Column): string => cells[at[column]] ?? '';
    const numbers = [cell('srv_uweight'), cell('srv_admin_state'), cell('srv_op_state'), cell('srv_port')];
    if (cells.length < columns.length || !numbers.every((text) => /^\d{1,6}$/.test(text))) return null;
    const admin = Number(cell('srv_admin_state'));
    servers.push({
      name: cell('srv_name'),
      address: joinAddress(cell('srv_addr'), cell('srv_port')),
      weight: Number(cell('srv_uweight')),
      admin: (admin & maintBits) !== 0 ? 'maint' : (admin & drainBits) !== 0 ? 'drain' : 'ready',
      up: cell('srv_op_state') !== '0',
    });
  }
  return servers;
};

/** The servers of a backend and the text that a HAProxy which starts again can be given. */
export const readServers = async (
  socket: string,
  backend: string,
  signal?: AbortSignal,
): Promise<{ readonly servers: readonly Server[]; readonly text: string }> => {
  const command = `show servers state ${backend}`;
  const text = await askHaproxy(socket, command, signal);
  const servers = parseServers(text);
  if (servers !== null) return { servers, text };
  if (/can't find backend/i.test(text)) {
    throw new SluiceError({
      code: 'TARGET_REFUSED',
      message: `HAProxy has no backend ${backend}.`,
      hint: 'Correct `backend` of the service file, or add the backend (docs/targets.md has one to copy).',
      details: { target: 'haproxy' },
    });
  }
  throw senseless(command, text);
};

/** Requests that each server is answering just now, by the server's name. */
export const readSessions = async (
  socket: string,
  backend: string,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, number>> => {
  const command = `show stat ${backend} 4 -1`;
  const answer = await askHaproxy(socket, command, signal);
  const [head, ...lines] = answer.trimEnd().split('\n');
  const columns = (head ?? '').replace(/^# /, '').split(',');
  const [name, current] = [columns.indexOf('svname'), columns.indexOf('scur')];
  if (head?.startsWith('# ') !== true || name < 0 || current < 0) throw senseless(command, answer);
  return new Map(
    lines.map((line) => {
      const cells = line.split(',');
      return [cells[name] ?? '', Number(cells[current] ?? '0')];
    }),
  );
};
