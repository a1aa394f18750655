// Runs on Node 18 without any package: it is what installs them.
import { access, constants, readFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import path from 'node:path';

/** @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockedPackage */
/** @typedef {{ packages?: Record<string, LockedPackage> }} Lock */

/**
 * Why `node_modules` has to be installed afresh, or undefined if it is what the lock file says. npm leaves a copy
 * of the lock inside `node_modules` when, and only when, an installation has ended well.
 *
 * @param {string} root folder of the checkout
 * @returns {Promise<string | undefined>}
 */
export async function whyInstall(root) {
  const wanted = await readLock(path.join(root, 'package-lock.json'));
  if (wanted === undefined)
    throw new Error('package-lock.json is missing: this is not a whole checkout of Sluice.');
  const installed = await readLock(path.join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return 'there are none yet';
  return firstDifference(wanted, installed);
}

/**
 * @param {Lock} wanted `package-lock.json`
 * @param {Lock} installed npm's copy of it in `node_modules`
 * @returns {string | undefined} the first package that differs, in words
 */
export function firstDifference(wanted, installed) {
  for (const [place, entry] of Object.entries(wanted.packages ?? {})) {
    if (place === '') continue;
    const there = installed.packages?.[place];
    if (there === undefined) {
      // Optional packages are those of other platforms.
      if (entry.optional === true) continue;
      return `${nameOf(place)} is missing`;
    }
    if (there.version !== entry.version || there.integrity !== entry.integrity) {
      return `${nameOf(place)} changed to ${entry.version ?? 'another version'}`;
    }
  }
  return undefined;
}

/** @param {string} place for instance `node_modules/a/node_modules/@b/c` */
function nameOf(place) {
  return place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/**
 * @param {string} file
 * @returns {Promise<Lock | undefined>}
 */
async function readLock(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Installs exactly what the lock file says. npm's own errors go to standard error; of the rest nothing is shown,
 * not even that the running Node is older than some package likes: the packages bring their own.
 *
 * @param {string} root
 * @returns {Promise<void>} rejects with a sentence
 */
export async function installPackages(root) {
  const { command, before } = npm();
  const args = [
    ...before,
    'ci',
    '--include=dev',
    '--loglevel=error',
    '--no-audit',
    '--no-fund',
    '--no-progress',
  ];
  const code = await new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, PATH: pathWithout(path.join(root, 'node_modules', '.bin')) },
    });
    child.once('error', reject);
    child.once('exit', resolve);
  }).catch((error) => {
    if (error.code !== 'ENOENT') throw error;
    throw new Error('npm is missing: install it (it comes with Node.js), and run this again.');
  });
  if (code !== 0)
    throw new Error(
      'npm could not install the packages (its reason stands above): mend it, and run this again.',
    );
}

/**
 * The npm that runs this script, by the Node that runs that npm: the `node` first on PATH may lie in the very
 * folder that is about to be replaced.
 *
 * @returns {{ command: string, before: string[] }}
 */
function npm() {
  const script = process.env['npm_execpath'];
  if (script === undefined || !/npm-cli\.c?js$/.test(script)) return { command: 'npm', before: [] };
  return { command: process.env['npm_node_execpath'] ?? process.execPath, before: [script] };
}

/** @param {string} folder */
function pathWithout(folder) {
  return (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .filter((entry) => entry !== folder)
    .join(path.delimiter);
}

/**
 * The Node that everything but this set-up runs on: the one the packages brought.
 *
 * @param {string} root
 * @returns {Promise<string>} rejects with a sentence
 */
export async function findNode(root) {
  const program = path.join(root, 'node_modules', 'node', 'bin', 'node');
  try {
    await access(program, constants.X_OK);
    return program;
  } catch {
    // The package could not bring one for this platform, or its install script was not allowed to run.
    if (atLeast(process.versions.node, '24.2.0')) return process.execPath;
    throw new Error(
      `The package "node" did not bring Node 24 along (no ${program}): run \`npm rebuild node\`, or install Node 24 yourself.`,
    );
  }
}

/**
 * @param {string} version three numbers with points between them
 * @param {string} least
 */
export function atLeast(version, least) {
  const have = version.split('.').map(Number);
  const need = least.split('.').map(Number);
  for (let i = 0; i < 3; i += 1) {
    const difference = (have[i] ?? 0) - (need[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
