import type { AccessVerb } from '../../runbooks/service.ts';

/** The two commands of Slack; a terminal has the same words without the stroke. */
export type SlashCommand = '/deploy' | '/rollback';

export const usages = {
  deploy: 'SERVICE VERSION [to ENVIRONMENT] [reason …] [override CHECK because …]',
  rollback: 'SERVICE [ENVIRONMENT] [to VERSION] [reason …]',
  plan: 'plan SERVICE VERSION [to ENVIRONMENT] [override CHECK because …]',
  status: 'status [SERVICE or ID]',
  history: 'history SERVICE [ENVIRONMENT]',
  why: 'why SERVICE or ID',
  lock: 'lock SERVICE [ENVIRONMENT] [for 2h] REASON …',
  unlock: 'unlock SERVICE [ENVIRONMENT] REASON …',
  help: 'help [SERVICE]',
} as const;

/** The words after `/deploy` that ask for something else than a deploy. */
export const askWords = ['plan', 'status', 'history', 'why', 'lock', 'unlock', 'help'] as const;
export type AskWord = (typeof askWords)[number];
export const isAskWord = (word: string): word is AskWord => (askWords as readonly string[]).includes(word);

/** How a command is said, for a help. */
export type UsageLine = {
  readonly command: SlashCommand;
  readonly usage: string;
  readonly says: string;
  /** What somebody has to be allowed somewhere; `null`: everybody may. */
  readonly needs: AccessVerb | null;
};

const line = (command: SlashCommand, usage: string, needs: AccessVerb | null, says: string): UsageLine => ({
  command,
  usage,
  needs,
  says,
});

export const usageLines: readonly UsageLine[] = [
  line('/deploy', usages.deploy, 'deploy', 'start a rollout'),
  line('/deploy', '', 'deploy', 'a form that asks for the same'),
  line(
    '/rollback',
    usages.rollback,
    'rollback',
    'go back: an open rollout ends, otherwise the last good release returns',
  ),
  line('/deploy', usages.lock, 'hold', 'no new deploy begins there'),
  line('/deploy', usages.unlock, 'hold', 'deploys may begin again'),
  line('/deploy', usages.plan, null, 'what a deploy would do; runs nothing'),
  line('/deploy', usages.status, null, 'what is open, or one rollout'),
  line('/deploy', usages.history, null, 'its rollouts and outcomes'),
  line('/deploy', usages.why, null, 'what the gate saw and said'),
  line('/deploy', usages.help, null, 'what you may say, and where'),
];
