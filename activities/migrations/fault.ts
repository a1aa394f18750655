import type { ErrorCode } from '../../runbooks/errors.ts';
import { SluiceError } from '../../runbooks/errors.ts';

type Code = Extract<ErrorCode, `MIGRATION_${string}` | `DATABASE_${string}` | 'POINT_OF_NO_RETURN'>;

/** The errors of migrations. No secret may be in them. */
export const fault = (
  code: Code,
  problem: {
    readonly message: string;
    readonly hint: string;
    readonly details?: Readonly<Record<string, unknown>>;
  },
  cause?: unknown,
): SluiceError => new SluiceError({ code, ...problem }, cause === undefined ? undefined : { cause });
