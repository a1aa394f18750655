import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { Actor } from '../runbooks/access.ts';
import type { LedgerEvent } from '../runbooks/events.ts';
import type { SourceNews } from './telling.ts';

/** To `deliver`: what has happened to the rollout, oldest first. */
export const newsSignal = defineSignal<[readonly LedgerEvent[]]>('news');

/** To `deliver`: events that a rollout could not write before it closed. */
export const handOverSignal = defineSignal<[readonly LedgerEvent[]]>('hand-over');

/** To `deliver`: who has taken the incident on in Slack. */
export const acknowledgeSignal = defineSignal<[Actor]>('acknowledge');

/** Whether `deliver` still holds events that the ledger has not got. */
export const holdsQuery = defineQuery<boolean>('holds');

/** To the owner of a source's incident. */
export const sourceSignal = defineSignal<[SourceNews]>('source');
