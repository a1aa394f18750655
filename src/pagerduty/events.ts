import type { PageSeverity } from '../../runbooks/paging/page-block.ts';

// What PagerDuty's Events API v2 takes, as its reference describes it (developer.pagerduty.com, "Send an Alert Event",
// "Send a Change Event").

/** Longest `payload.summary`, in characters. */
export const longestSummary = 1024;

type Link = { readonly href: string; readonly text: string };

export type TriggerEvent = {
  readonly routing_key: string;
  readonly event_action: 'trigger';
  readonly dedup_key: string;
  readonly client: string;
  readonly client_url?: string;
  readonly links: readonly Link[];
  readonly payload: {
    readonly summary: string;
    readonly severity: PageSeverity;
    readonly source: string;
    readonly timestamp: string;
    readonly component: string;
    readonly group: string;
    readonly class: string;
    readonly custom_details: Readonly<Record<string, unknown>>;
  };
};

/** The other two actions on an alert that is open under the key; without one PagerDuty drops them. */
export type FollowingEvent = {
  readonly routing_key: string;
  readonly event_action: 'acknowledge' | 'resolve';
  readonly dedup_key: string;
};

export type AlertEvent = TriggerEvent | FollowingEvent;

/** Makes no incident and wakes nobody: an incident of the same service shows it. */
export type ChangeEvent = {
  readonly routing_key: string;
  readonly links: readonly Link[];
  readonly payload: {
    readonly summary: string;
    readonly source: string;
    readonly timestamp: string;
    readonly custom_details: Readonly<Record<string, unknown>>;
  };
};
