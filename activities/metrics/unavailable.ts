import { SluiceError } from '../../runbooks/errors.ts';

/** What a source could not tell: where, why, and the mend. No secret may be in it. */
export type SourceFault = {
  readonly message: string;
  readonly hint: string;
  readonly details?: Readonly<Record<string, unknown>>;
};

/** The one error of metrics sources. Nothing that failed is ever read as zero. */
export const unavailable = ({ message, hint, details }: SourceFault, cause?: unknown): SluiceError =>
  new SluiceError(
    { code: 'METRICS_UNAVAILABLE', message, hint, ...(details === undefined ? {} : { details }) },
    cause === undefined ? undefined : { cause },
  );
