import type { DeployRequest, PlanRequest, RollbackRequest } from '../rollouts/requests.ts';

/** Who asks and under which key is known by the face, not by what was typed. */
type Typed<Request> = Omit<Request, 'actor' | 'key'>;

/** A lock of a service, or its end, as it was typed. */
export type GuardWords = {
  readonly ask: 'lock' | 'unlock';
  readonly service: string;
  /** `null`: all of the service. */
  readonly environment: string | null;
  /** How long a lock holds, such as `2h`; `null`: until it is unlocked. */
  readonly lasts: string | null;
  readonly reason: string | null;
  /** No word said where the reason begins: the environment may be its first word (`resolve.ts`). */
  readonly loose: boolean;
};

/** What can be asked for in words, the same from Slack and the terminal. */
export type WordedRequest =
  | ({ readonly ask: 'deploy' } & Typed<DeployRequest>)
  | ({ readonly ask: 'rollback' } & Typed<RollbackRequest>)
  | ({ readonly ask: 'plan' } & PlanRequest)
  | GuardWords
  /** `what` `null`: all services; otherwise a service or the id of a rollout. */
  | { readonly ask: 'status'; readonly what: string | null }
  | { readonly ask: 'history'; readonly service: string; readonly environment: string | null }
  | { readonly ask: 'why'; readonly what: string }
  /** `what` `null`: everything; otherwise a service. */
  | { readonly ask: 'help'; readonly what: string | null }
  /** Nothing was typed: a form asks for the rest. */
  | { readonly ask: 'form' };

/** What was typed is no request: what is wrong, how it is said, and the text that was probably meant. */
export type Misread = {
  readonly message: string;
  readonly usage: string;
  /** Texts after the command that would have been understood; a face offers them. */
  readonly meant: readonly string[];
};

export type Read = { readonly request: WordedRequest } | { readonly misread: Misread };
