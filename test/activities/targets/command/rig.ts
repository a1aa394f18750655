import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { commandTarget } from '../../../../activities/targets/command/adapter.ts';
import type { Target } from '../../../../activities/targets/target.ts';
import { commandBlock } from '../../../../runbooks/targets/command-block.ts';

/**
 * A deploy tool of one file of Node: `tool.mjs VERB ARGS…`. What it runs is in state.json, which a test may read; each
 * call is a line of calls.jsonl.
 */
const tool = `
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
const [verb, ...args] = process.argv.slice(2);
const { SLUICE_KEY: key, SLUICE_FENCE: fence, TOKEN: token } = process.env;
appendFileSync('calls.jsonl', JSON.stringify({ verb, args, key, fence, token, env: Object.keys(process.env) }) + '\\n');
const empty = { groups: [], weights: {}, stable: null, fence: 0 };
const state = existsSync('state.json') ? JSON.parse(readFileSync('state.json', 'utf8')) : empty;
const of = (version) => state.groups.find((group) => group.version === version);
const say = (answer) => console.log('working…\\n' + JSON.stringify(answer));
const no = (code, message) => { say({ ok: false, code, message }); process.exit(1); };
if (verb !== 'observe' && verb !== 'address') {
  if (Number(fence) < state.fence) no('fenced', 'a newer write was made');
  state.fence = Number(fence);
}
switch (verb) {
  case 'observe': say(state); process.exit();
  case 'address': say({ address: 'http://127.0.0.1:1234' }); process.exit();
  case 'deploy': if (!of(args[0])) state.groups.push({ version: args[0], digest: args[1], instances: 2, ready: 2 }); break;
  case 'scale': of(args[0]).instances = of(args[0]).ready = Number(args[1]); break;
  case 'shift': state.weights = JSON.parse(args[0]); break;
  case 'promote': if (!of(args[0])) no('refused', 'nobody knows it'); state.stable = args[0]; break;
  case 'retire': state.groups = state.groups.filter((g) => g.version !== args[0]);
}
writeFileSync('state.json', JSON.stringify(state));
say({ ok: true });
`;

const program = (verb: string, ...args: readonly string[]) => [process.execPath, 'tool.mjs', verb, ...args];

export class ToolRig {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'sluice-tool-'));

  constructor() {
    writeFileSync(path.join(this.folder, 'tool.mjs'), tool);
  }

  /** The target with that tool; \`change\` replaces programs or settings. */
  target(change: Readonly<Record<string, unknown>> = {}): Target {
    const block = commandBlock.parse({
      directory: this.folder,
      within: '30s',
      observe: program('observe'),
      deploy: program('deploy', '{version}', '{digest}', '{instances}'),
      shift: program('shift', '{weights}'),
      scale: program('scale', '{version}', '{instances}'),
      promote: program('promote', '{version}'),
      retire: program('retire', '{version}'),
      address: program('address', '{version}'),
      ...change,
    });
    return commandTarget(block, 'production');
  }

  clear(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
