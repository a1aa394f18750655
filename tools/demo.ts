import { once } from 'node:events';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import chalk from 'chalk';
import { practiceEnvironment, runBuilt, startDaemon, stopDaemon } from './practice-daemon.ts';
import { root } from './stamp.ts';

const home = path.join(root, '.sluice', 'demo');
const log = path.join(home, 'daemon.log');
const env = { ...process.env, ...practiceEnvironment(home), SLUICE_PORT: '0' };
/** Readings of the old version that the gate learns from before the first deploy. */
const historyMs = 30_000;

const say = (text = ''): void => {
  process.stdout.write(`${text}\n`);
};
const heading = (text: string): void => {
  say(`\n${chalk.bold(text)}`);
};

const sluice = async (...args: readonly string[]): Promise<number | null> => {
  say(chalk.dim(`$ sluice ${args.join(' ')}`));
  const [code] = (await once(runBuilt('sluice', args, env, 'inherit'), 'exit')) as [number | null];
  return code;
};

/** The two rollouts; whether both ended as they should. */
const tell = async (): Promise<boolean> => {
  await sluice('adopt', 'shop');
  say(
    `The shop runs 2.0.4 under 400 generated requests a second, of which 0.3 % fail. The gate learns that first.`,
  );
  await delay(historyMs);
  heading('1. A healthy release: 2.1.0');
  const good = await sluice('deploy', 'shop', '2.1.0', '--reason', 'a healthy release', '--wait');
  heading('2. A bad one: 2.2.0 fails 3 % of its requests');
  const bad = await sluice('deploy', 'shop', '2.2.0', '--reason', 'a bad release', '--wait');
  heading('Why?');
  await sluice('why', 'shop');
  const right = good === 0 && bad === 3;
  if (!right) {
    say(
      chalk.red(
        `Not as it should be: 2.1.0 ended with exit code ${String(good)} (0 expected), 2.2.0 with ${String(bad)} (3 expected).`,
      ),
    );
  }
  return right;
};

const next = `
Try next:
  npm start                                  the same shop, left running; in another terminal:
  npx sluice status                          what runs where
  npx sluice deploy shop 2.3.0 --wait        a version that never becomes ready
  npx sluice deploy shop 2.1.0 --wait        … and, while it is watched, from a third terminal:
  npx sluice abort shop                      all traffic back on the old version, at once
  npx sluice rollback shop                   the same, after it was promoted
  npx sluice playbook shop --version 2.1.0   the whole of it on one page, before anything runs`;

const began = performance.now();
heading('Sluice ships software and takes it back.');
say(
  'Starting sluiced dev: Temporal, the ledger, a worker, the API and a practice service, all on this machine …',
);
rmSync(home, { recursive: true, force: true });
const daemon = await startDaemon(home, env);
const interrupted = (): void => {
  void stopDaemon(daemon).then(() => process.exit(130));
};
process.once('SIGINT', interrupted);
process.once('SIGTERM', interrupted);
try {
  const right = await tell();
  process.exitCode = right ? 0 : 1;
} finally {
  await stopDaemon(daemon);
}
say(next);
say(
  `\nThat took ${((performance.now() - began) / 60_000).toFixed(1)} min. The daemon's log: ${path.relative(process.cwd(), log)}`,
);
