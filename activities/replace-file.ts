import { open, rename } from 'node:fs/promises';
import path from 'node:path';

/** Replaces a file as a whole: whoever reads sees the old one or the new one, also after a power cut. */
export const replaceFile = async (file: string, text: string): Promise<void> => {
  const next = `${file}.${String(process.pid)}.next`;
  const handle = await open(next, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(next, file);
  const folder = await open(path.dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};
