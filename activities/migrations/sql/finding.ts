/**
 * What is wrong with a statement before it is run. `destructive`: the old version may fail, or what it knew is lost.
 * `locks`: others wait for it as long as a table is large. `opaque`: nobody can tell. `invalid`: it can not be run here.
 */
export type Fault = {
  readonly is: 'destructive' | 'locks' | 'opaque' | 'invalid';
  /** Goes on after the place: "drops the column email of users". */
  readonly says: string;
  readonly mend: string;
};

/** A fault with its place. */
export type Finding = Fault & { readonly path: string; readonly line: number };

export const destructive = (says: string, mend: string): Fault => ({ is: 'destructive', says, mend });
export const locks = (says: string, mend: string): Fault => ({ is: 'locks', says, mend });
export const opaque = (says: string, mend: string): Fault => ({ is: 'opaque', says, mend });
export const invalid = (says: string, mend: string): Fault => ({ is: 'invalid', says, mend });

/** `path:line: says`. */
export const sayFinding = ({ path, line, says }: Finding): string => `${path}:${String(line)}: ${says}`;
