import type { TargetAction } from '../runbook.ts';
import { sayWeights } from '../traffic.ts';
import type { CommandBlock } from './command-block.ts';
import { fillIn, valuesOfAction, valuesOfMark } from './command-values.ts';
import type { HaproxyBlock } from './haproxy-block.ts';

type Mark = { readonly rolloutId: string; readonly key: string; readonly fence: number };
type Place = { readonly service: string; readonly environment: string };

/** One word for a shell that a person pastes it into. */
export const quoted = (word: string): string =>
  /^[A-Za-z0-9_./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** The tool's own command for an action, as the worker runs it. */
export const commandByHand = (
  block: CommandBlock,
  place: Place,
  action: TargetAction,
  mark: Mark,
): string => {
  const argv = block[action.do];
  if (argv === undefined) return `# the tool has no ${action.do}: its traffic follows its instances`;
  const values = { ...place, ...valuesOfMark(mark), ...valuesOfAction(action) };
  const marks = [`SLUICE_KEY=${quoted(mark.key)}`, `SLUICE_FENCE=${String(mark.fence)}`];
  const secrets = Object.entries(block.env).map(([name, from]) => `${name}="<${from}>"`);
  const words = [...marks, ...secrets, ...fillIn(argv, values).map(quoted)];
  return `cd ${quoted(block.directory)} && ${words.join(' ')}`;
};

/** Weights by HAProxy's own commands; the rest is nothing that cannot wait for the next rollout. */
export const haproxyByHand = (block: HaproxyBlock, { service }: Place, action: TargetAction): string => {
  const { backend, state, socket } = block;
  if (action.do !== 'shift') return `# ${action.do}: can wait; the next rollout of ${service} does it`;
  const say = `echo 'set weight ${backend}/SERVER WEIGHT' | socat - UNIX-CONNECT:${quoted(socket)}`;
  const record = quoted(`${state}/${backend.replaceAll(':', '_')}.json`);
  return `${say}  # for each SERVER, by its version in ${record}: ${sayWeights(action.weights)}, all others 0`;
};
