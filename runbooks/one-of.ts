import { z } from 'zod';

/** An object that has exactly one of these keys: which one it is, is the choice. */
export const oneOf = <Shape extends z.core.$ZodLooseShape>(shape: Shape) => {
  const names = Object.keys(shape);
  return z
    .strictObject(shape)
    .partial()
    .refine(
      (chosen) => Object.values(chosen).filter((value) => value !== undefined).length === 1,
      // Whatever looks into the choice must not run without one.
      { abort: true, message: `must have exactly one of: ${names.join(', ')}` },
    )
    .meta({ minProperties: 1, maxProperties: 1 });
};
