/** One thing that was looked at: `says` what was found, `mend` what to do about it where it is not well. */
export type Check = {
  readonly name: string;
  readonly ok: boolean;
  readonly says: string;
  readonly mend: string | null;
};

/** Whether the daemon can take a rollout now. */
export type Readiness = { readonly ready: boolean; readonly checks: readonly Check[] };

/** Every connection, looked at one by one. */
export type DoctorReport = { readonly ok: boolean; readonly checks: readonly Check[] };
