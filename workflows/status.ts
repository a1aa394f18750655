import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { Runbook } from '../runbooks/runbook.ts';
import { stateTable } from '../runbooks/state.ts';
import type { Doing } from './control.ts';

/** Search attributes of every rollout and keep; the daemon registers them with the dev server. */
export const searchAttributes = {
  service: defineSearchAttributeKey('SluiceService', SearchAttributeType.KEYWORD),
  environment: defineSearchAttributeKey('SluiceEnvironment', SearchAttributeType.KEYWORD),
  version: defineSearchAttributeKey('SluiceVersion', SearchAttributeType.KEYWORD),
  phase: defineSearchAttributeKey('SluicePhase', SearchAttributeType.KEYWORD),
  outcome: defineSearchAttributeKey('SluiceOutcome', SearchAttributeType.KEYWORD),
} as const;

const sign = { done: '✓', running: '◔', pending: '○' } as const;

/** Makes Temporal's own page of the rollout a status page. */
export const showStatus = (
  runbook: Runbook | null,
  step: number | null,
  doing: Doing,
  stuck: string | null,
): void => {
  const row = stateTable[doing.state];
  upsertSearchAttributes([
    { key: searchAttributes.phase, value: doing.state },
    ...(row.open ? [] : [{ key: searchAttributes.outcome, value: doing.state }]),
  ]);
  const steps = (runbook?.steps ?? []).map((item, i) => {
    const at = step === null || i > step ? 'pending' : i < step || !row.open ? 'done' : 'running';
    return `- ${sign[at]} ${item.title}`;
  });
  const lines = [
    `**${doing.state}**: ${row.says}`,
    ...(doing.until === null ? [] : [`until ${doing.until}`]),
    ...(stuck === null ? [] : [`stuck: ${stuck}`]),
    ...(doing.next === null ? [] : [`next: ${doing.next}`]),
    ...(steps.length === 0 ? [] : ['', ...steps]),
  ];
  setCurrentDetails(lines.join('\n'));
};
