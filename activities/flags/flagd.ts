import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { shareOf } from '../../runbooks/flagd-share.ts';
import type { FlagdBlock } from '../../runbooks/flags.ts';
import { LockBusy, withFileLock } from '../file-lock.ts';
import { messageOf, systemCode } from '../targets/practice/system-code.ts';
import type { FlagDriver } from './driver.ts';
import { fencedFlag, refusedFlag, unavailableFlags, unknownFlag } from './flag-errors.ts';
import { definitionSchema, flagSchema, percentOf } from './flagd-definition.ts';
import type { FlagdFlag } from './flagd-definition.ts';

const lockWithinMs = 5_000;
const largest = 8 * 1024 * 1024;

type Definition = { readonly flags: Readonly<Record<string, unknown>> } & Readonly<Record<string, unknown>>;

/**
 * Flags in a definition file, which flagd or an in-process provider watches. Written whole and renamed into place, under
 * a lock; the flag's own metadata holds the highest fence.
 */
export const flagdDriver = (block: FlagdBlock): FlagDriver => ({
  async observe(flag) {
    const { found } = await readFlag(block, flag);
    return { percent: percentIn(block, flag, found), fence: fenceOf(found) };
  },
  async set(flag, percent, mark) {
    const lock = path.join(path.dirname(block.file), `.${path.basename(block.file)}.sluice-lock`);
    try {
      await withFileLock(lock, lockWithinMs, async () => {
        const { definition, found } = await readFlag(block, flag);
        const now = percentIn(block, flag, found);
        const fence = fenceOf(found);
        const same = fence === mark.fence && found.metadata?.['sluiceKey'] === mark.key;
        if (same && now === percent) return;
        if (mark.fence < fence || (mark.fence === fence && !same)) throw fencedFlag(flag, mark.fence, fence);
        const metadata = { ...found.metadata, sluiceFence: mark.fence, sluiceKey: mark.key };
        const next: FlagdFlag = { ...found, ...shareOf(percent, block), metadata };
        await replace(block.file, { ...definition, flags: { ...definition.flags, [flag]: next } });
      });
    } catch (error) {
      if (!(error instanceof LockBusy)) throw error;
      throw unavailableFlags({ message: `Another process keeps ${block.file} locked.` }, error);
    }
  },
});

const fenceOf = (found: FlagdFlag): number => Number(found.metadata?.['sluiceFence'] ?? 0);

const percentIn = (block: FlagdBlock, flag: string, found: FlagdFlag): number => {
  const percent = percentOf(found, block);
  if (percent !== null) return percent;
  throw refusedFlag(
    `The flag ${flag} in ${block.file} has targeting rules of its own.`,
    `Take them out ("targeting": {}), or ramp the flag by hand: Sluice would write over them.`,
  );
};

const readFlag = async (
  { file, on, off }: FlagdBlock,
  flag: string,
): Promise<{ readonly definition: Definition; readonly found: FlagdFlag }> => {
  const definition = await readDefinition(file);
  if (!Object.hasOwn(definition.flags, flag))
    throw unknownFlag(flag, file, Object.keys(definition.flags).sort());
  const parsed = flagSchema.safeParse(definition.flags[flag]);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = ['flags', flag, ...(issue?.path ?? [])].join('.');
    throw refusedFlag(`${file}: ${where}: ${issue?.message ?? 'is not a flag'}`, 'Correct the definition.');
  }
  const missing = [on, off].filter((variant) => !Object.hasOwn(parsed.data.variants, variant));
  if (missing.length > 0) {
    throw refusedFlag(
      `The flag ${flag} in ${file} has no variant ${missing.join(', ')}; it has ${Object.keys(parsed.data.variants).join(', ')}.`,
      'Name its variants in the service file: flags.flagd.on and flags.flagd.off.',
    );
  }
  if (parsed.data.state === 'DISABLED')
    throw refusedFlag(`The flag ${flag} in ${file} is disabled.`, 'Set its "state" to "ENABLED".');
  return { definition, found: parsed.data };
};

const readDefinition = async (file: string): Promise<Definition> => {
  let text: string;
  try {
    if ((await stat(file)).size > largest)
      throw refusedFlag(`${file} is larger than 8 MiB.`, 'Is it the flag definition?');
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    const hint = 'flags.flagd.file must name a file that the worker may read and write.';
    throw unavailableFlags(
      { message: `The flag definition ${file} can not be read: ${messageOf(error)}.`, hint },
      error,
    );
  }
  try {
    return definitionSchema.parse(JSON.parse(text));
  } catch (error) {
    throw refusedFlag(
      `${file} is no flag definition of flagd: ${error instanceof SyntaxError ? error.message : 'it has no "flags"'}.`,
      'Correct it; flagd itself refuses it too.',
    );
  }
};

/** Whole or not at all, also when the machine dies in between; the rights of the file stay. */
const replace = async (file: string, definition: Definition): Promise<void> => {
  const unfinished = `${file}.sluice-new`;
  try {
    const handle = await open(unfinished, 'w', (await stat(file)).mode);
    try {
      await handle.writeFile(`${JSON.stringify(definition, null, 2)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw unavailableFlags(
      { message: `The flag definition ${file} can not be written: ${messageOf(error)}.` },
      error,
    );
  }
};
