// The one entry of every npm script. It runs on the Node that the machine happens to have (18 or newer), installs
// the packages, and hands over to the Node 24 which they bring:
//
//   node tools/setup.mjs [--packages | --for=run] [-- PROGRAM ARGUMENTS…]
//
// `--packages` stops after the packages, `--for=run` leaves out what only tests need.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode, installPackages, whyInstall } from './packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {string[]} args */
async function main(args) {
  if (Number(process.versions.node.split('.')[0]) < 18) {
    throw new Error(`Node ${process.versions.node} is too old: install Node 18 or newer, with npm.`);
  }
  const cut = args.indexOf('--');
  const options = cut < 0 ? args : args.slice(0, cut);
  const program = cut < 0 ? [] : args.slice(cut + 1);

  const reason = await whyInstall(root);
  if (reason !== undefined) {
    process.stderr.write(`Installing packages: ${reason}.\n`);
    await installPackages(root);
  }
  const node = await findNode(root);
  if (!options.includes('--packages')) {
    const code = await run(node, [path.join(root, 'tools', 'setup.ts'), ...options], {
      NODE_USE_ENV_PROXY: '1',
    });
    if (code !== 0) return code;
  }
  return program.length === 0 ? 0 : await run(node, program, {});
}

/**
 * @param {string} node
 * @param {string[]} args
 * @param {Record<string, string>} extra environment of the child
 * @returns {Promise<number>} its exit code
 */
function run(node, args, extra) {
  const bin = path.join(root, 'node_modules', '.bin');
  const env = { ...process.env, ...extra, PATH: `${bin}${path.delimiter}${process.env['PATH'] ?? ''}` };
  const child = spawn(node, args, { stdio: 'inherit', env });
  // Ctrl-C reaches the child by itself, as a member of the terminal's foreground group: this process has only to
  // outlive it. SIGTERM and SIGHUP come to one process, so they are passed on.
  const ignore = () => undefined;
  const onTerminate = () => child.kill('SIGTERM');
  const onHangUp = () => child.kill('SIGHUP');
  process.on('SIGINT', ignore).on('SIGTERM', onTerminate).on('SIGHUP', onHangUp);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      process.off('SIGINT', ignore).off('SIGTERM', onTerminate).off('SIGHUP', onHangUp);
      if (signal === null) resolve(code ?? 1);
      else process.kill(process.pid, signal);
    });
  });
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
