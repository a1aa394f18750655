import { SluiceError } from '../../runbooks/errors.ts';
import { packaged } from '../packaged.ts';
import { append, appendRequest, rememberedBy, rememberKey } from './append.ts';
import * as beside from './beside.ts';
import { checkId } from './draft.ts';
import { readLastRehearsal, readOpenIncidents, readQuarantine, readSucceeded } from './checks.ts';
import { openEmbedded } from './embedded.ts';
import type { Engine, WarningListener } from './engine.ts';
import { reach } from './failures.ts';
import { Hub } from './hub.ts';
import type { Ledger, LedgerOptions } from './ledger.ts';
import { openPostgres } from './postgres.ts';
import { queueStore } from './queue.ts';
import { readEvents, readHead } from './read-events.ts';
import { readLastGood, readReleases } from './read-releases.ts';
import { readRolloutsOf } from './pages.ts';
import { readHeard, readOpenRollouts, readRollout, readRollouts, readRunbook } from './read-rollouts.ts';
import { ciSessions } from './ci-sessions.ts';
import { slackStore } from './slack-messages.ts';
import { verifyChain } from './verify.ts';

export { migrate } from './postgres.ts';

/**
 * Opens the ledger; an embedded one is made and migrated by itself.
 * @throws SluiceError LEDGER_OWNED (another process has the folder), LEDGER_SCHEMA, LEDGER_UNAVAILABLE, CONFIG_INVALID
 */
export const openLedger = async (options: LedgerOptions): Promise<Ledger> => {
  const warn: WarningListener = options.onWarning ?? warnProcess;
  const engine =
    'url' in options
      ? await openPostgres(options.url, options.connections ?? 10, warn)
      : await openEmbedded({
          folder: options.folder,
          address: options.address,
          template: options.template === undefined ? packaged.ledgerTemplate : options.template,
          warn,
          onOwned: options.onOwned ?? (() => undefined),
        });
  return ledgerOn(engine, warn);
};

const warnProcess: WarningListener = (sentence, cause) => {
  process.emitWarning(`${sentence} ${cause instanceof Error ? cause.message : ''}`.trim(), 'SluiceWarning');
};

const ledgerOn = (engine: Engine, warn: WarningListener): Ledger => {
  const { db } = engine;
  const hub = new Hub({
    read: (after, limit) => readEvents(db, { after, limit }),
    listen: (onNews) => engine.listen(onNews),
    warn,
  });
  return {
    append: (events) => reach(() => append(db, events)),
    rollout: (id) => reach(() => readRollout(db, id)),
    rollouts: (filter) => reach(() => readRollouts(db, { ...filter, limit: checkLimit(filter.limit, 500) })),
    rolloutsOfIncident: (incident) => reach(() => readRolloutsOf(db, incident)),
    openRollouts: () => reach(() => readOpenRollouts(db)),
    runbook: (rolloutId) => reach(() => readRunbook(db, rolloutId)),
    heard: (rolloutId, key) => reach(() => readHeard(db, rolloutId, key)),
    events: (filter) => reach(() => readEvents(db, { ...filter, limit: checkLimit(filter.limit, 1000) })),
    head: () => reach(() => readHead(db)),
    lastGood: (service, environment, except) => reach(() => readLastGood(db, service, environment, except)),
    releases: (service, environment, limit = 100) =>
      reach(() => readReleases(db, service, environment, limit)),
    hasSucceeded: (service, environment, digest) =>
      reach(() => readSucceeded(db, service, environment, digest)),
    openIncidents: (service, environment) => reach(() => readOpenIncidents(db, service, environment)),
    lastRehearsal: (service, environment) => reach(() => readLastRehearsal(db, service, environment)),
    quarantine: (digest) => reach(() => readQuarantine(db, digest)),
    remember: (key, bodySha256, rolloutId) =>
      reach(async () => rememberKey(db, checkId('idempotency key', key), bodySha256, rolloutId)),
    rememberedBy: (key) => reach(async () => rememberedBy(db, checkId('idempotency key', key))),
    requestAndRemember: (key, bodySha256, first) =>
      reach(async () => appendRequest(db, checkId('idempotency key', key), bodySha256, first)),
    addSample: (rolloutId, watch, t, sample, record = null) =>
      reach(() => beside.addSample(db, rolloutId, watch, t, sample, record)),
    samples: (rolloutId, watch, afterT) => reach(() => beside.readSamples(db, rolloutId, watch, afterT)),
    putCommand: (command) => reach(() => beside.putCommand(db, command)),
    inboxCommand: (id) => reach(() => beside.readInbox(db, id)),
    waitingCommands: (limit = 100) => reach(() => beside.readWaiting(db, limit)),
    answerCommand: (id, state, answer) => reach(() => beside.answerCommand(db, id, state, answer)),
    rememberActor: (actor, name, details) => reach(() => beside.rememberActor(db, actor, name, details)),
    names: (ids) => reach(() => beside.namesOf(db, ids)),
    eraseActor: (id) => reach(() => beside.eraseActor(db, id)),
    eraseTexts: (rolloutId, eventId, name) => reach(() => beside.eraseTexts(db, rolloutId, eventId, name)),
    lock: (lock) => reach(() => beside.putLock(db, lock)),
    unlock: (service, environment) => reach(() => beside.removeLock(db, service, environment)),
    locks: (service, environment, at) => reach(() => beside.readLocks(db, service, environment, at)),
    subscribe: (after, listener) => hub.subscribe(after, listener),
    slack: slackStore(db, reach),
    queue: queueStore(db, reach),
    ci: ciSessions(db, reach),
    verifyChain: () => reach(() => verifyChain(db)),
    tellAddress: (address) => engine.tellAddress(address),
    close: async () => {
      hub.close();
      await engine.close();
    },
  };
};

const checkLimit = (limit: number, most: number): number => {
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return limit;
  throw new SluiceError({
    code: 'USAGE',
    message: `The limit ${limit} is no whole number from 1 to ${most}.`,
    hint: 'Read page by page.',
  });
};
