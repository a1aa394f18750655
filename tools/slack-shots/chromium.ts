import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { say } from '../report.ts';
import { runProgram } from '../run-program.ts';
import { root } from '../stamp.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const onPath = (): string | null => {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  const all = folders.flatMap((folder) => names.map((name) => path.join(folder, name)));
  return all.find(isProgram) ?? null;
};

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const missing =
  'Pictures are taken by Chromium, and there is none on PATH. On Debian: apt-get install chromium fonts-lato (about 400 MB).';

/** A browser of this machine; on Debian as root it is installed. @throws Error with what to do */
export const findChromium = async (): Promise<string> => {
  const found = onPath();
  if (found !== null) return found;
  if (process.getuid?.() !== 0 || !isProgram('/usr/bin/apt-get')) throw new Error(missing);
  say('Installing Debian’s chromium and fonts-lato with apt-get: about 400 MB, once for this machine.');
  const install = ['install', '--yes', '--no-install-recommends', 'chromium', 'fonts-lato'];
  for (const args of [['update'], install]) {
    const { ok, output } = await runProgram('/usr/bin/apt-get', args, root);
    if (!ok) throw new Error(`apt-get ${args.join(' ')} failed:\n${output.trimEnd().slice(-2_000)}`);
  }
  const installed = onPath();
  if (installed === null) throw new Error(missing);
  return installed;
};
