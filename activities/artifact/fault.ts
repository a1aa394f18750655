import type { ErrorCode } from '../../runbooks/errors.ts';
import { SluiceError } from '../../runbooks/errors.ts';

type Fault = {
  readonly message: string;
  readonly hint: string;
  readonly details?: Readonly<Record<string, unknown>>;
};
type Code = Extract<ErrorCode, `ARTIFACT_${string}` | `REGISTRY_${string}` | 'VERSION_INVALID'>;

/** The errors of a registry. No secret may be in them. */
export const fault = (code: Code, { message, hint, details }: Fault, cause?: unknown): SluiceError =>
  new SluiceError(
    { code, message, hint, ...(details === undefined ? {} : { details }) },
    cause === undefined ? undefined : { cause },
  );
