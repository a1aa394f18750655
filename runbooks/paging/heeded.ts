import type { EventType } from '../events.ts';

/**
 * Whether an event of the type means anything to those who are paged: the others need not be carried to them. A table
 * of every type, so that a new one is decided here and not forgotten.
 */
export const heeded: Readonly<Record<EventType, boolean>> = {
  planned: true,
  'step-started': true,
  'step-failed': true,
  stuck: true,
  verdict: true,
  'watch-resumed': true,
  state: true,
  'way-back': true,
  'traffic-back': true,
  'way-back-failed': true,
  verified: true,
  promoted: true,
  command: true,
  closed: true,
  'page-answered': true,
  requested: false,
  refused: false,
  'step-done': false,
  'step-skipped': false,
  'watch-started': false,
  retired: false,
  approval: false,
  contract: false,
  'quarantine-lifted': false,
  'keep-closed': false,
  'page-sent': false,
  'page-late': false,
  'page-failed': false,
};
