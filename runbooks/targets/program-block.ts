import { z } from 'zod';
import { plainText } from '../names.ts';
import { secretRef } from '../secret-ref.ts';
import { duration } from '../units.ts';

const minute = 60_000;

const placeholder = /\{([a-z]+)\}/g;

/**
 * A program and its arguments, never a shell's string: `{name}` in an argument stands for a value that the worker fills
 * in. The program itself is fixed.
 */
export const argvSchema = (placeholders: readonly string[]) =>
  z
    .array(plainText(2000))
    .min(1)
    .max(60)
    .superRefine((argv, context) => {
      argv.forEach((argument, index) => {
        for (const [whole, name = ''] of argument.matchAll(placeholder)) {
          if (index === 0)
            context.addIssue({ code: 'custom', path: [0], message: `must be a program, without ${whole}` });
          else if (!placeholders.includes(name))
            context.addIssue({
              code: 'custom',
              path: [index],
              message: `has no value for ${whole}; it may hold ${placeholders.map((known) => `{${known}}`).join(' ')}`,
            });
        }
      });
    });

/** What every program of a target is run with. */
export const programShape = {
  directory: plainText(500)
    .prefault('.')
    .describe('where the programs run; relative to this file, whose folder it is unless given'),
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'must be the name of a variable'), secretRef)
    .prefault({})
    .describe(
      "variables that the programs get, each by reference; of the worker's own only PATH, HOME and the like",
    ),
};

/** How long one run of a program may take. */
export const programWithin = duration(100, 10 * minute);
