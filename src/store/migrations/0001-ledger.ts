import type { LedgerMigration } from '../migrations.ts';

const chain = [
  `create table events (
    position bigint primary key check (position > 0),
    rollout_id text not null,
    event_id text not null,
    at timestamptz(3) not null,
    type text not null generated always as (body ->> 'type') stored,
    actor_id text generated always as (actor ->> 'id') stored,
    actor jsonb,
    body jsonb not null,
    text_hashes jsonb not null,
    previous_hash text not null,
    hash text not null,
    unique (rollout_id, event_id)
  )`,
  'create index events_of_rollout on events (rollout_id, position)',
  `create function events_stay() returns trigger language plpgsql as $$
  begin
    raise exception 'The table events is append-only: % is not allowed.', tg_op using errcode = 'restrict_violation';
  end $$`,
  `create trigger events_stay before update or delete or truncate on events
    for each statement execute function events_stay()`,
  // Also in sessions that replay another server's changes.
  'alter table events enable always trigger events_stay',
  `create table texts (
    rollout_id text not null,
    event_id text not null,
    name text not null,
    salt text,
    text text,
    erased_at timestamptz(3),
    primary key (rollout_id, event_id, name),
    check ((text is null) = (salt is null) and (text is null) = (erased_at is not null))
  )`,
  'create table actors (id text primary key, via text not null, name text, details jsonb)',
  'create table meta (key text primary key, value jsonb not null)',
  `insert into meta (key, value) values ('head', jsonb_build_object('position', 0, 'hash', repeat('0', 64)))`,
];

// What an event says of a time to come (`until`, `starts_at`) is kept as the text it is: nothing is computed from it.
const projections = [
  `create table rollouts (
    id text primary key,
    kind text not null,
    service text not null,
    environment text not null,
    version text not null,
    digest text,
    from_release jsonb,
    state text not null,
    open boolean not null,
    until text,
    next text,
    actor jsonb,
    of_rollout text,
    requested_at timestamptz(3) not null,
    requested_position bigint not null unique,
    requested_event text not null,
    started_at timestamptz(3),
    ended_at timestamptz(3),
    hash text,
    epoch double precision,
    warnings jsonb not null,
    cause jsonb,
    actions jsonb not null,
    traffic_back_ms double precision,
    recovered boolean,
    verified text,
    sentence text,
    by_hand jsonb not null,
    problems jsonb not null,
    position bigint not null
  )`,
  'create index rollouts_of_service on rollouts (service, environment, requested_position)',
  'create index rollouts_open on rollouts (requested_position) where open',
  `create table steps (
    rollout_id text not null,
    index integer not null,
    kind text not null,
    title text not null,
    percent double precision,
    state text not null,
    started_at timestamptz(3),
    ended_at timestamptz(3),
    found text,
    primary key (rollout_id, index)
  )`,
  `create table watches (
    rollout_id text not null,
    watch integer not null,
    step integer not null,
    starts_at text not null,
    ends_at text not null,
    position bigint not null,
    primary key (rollout_id, watch)
  )`,
  `create table verdicts (
    position bigint primary key,
    rollout_id text not null,
    step integer not null,
    watch integer not null,
    kind text not null,
    verdict jsonb not null,
    at timestamptz(3) not null
  )`,
  'create index verdicts_of_rollout on verdicts (rollout_id, position)',
  `create table commands (
    position bigint primary key,
    rollout_id text not null,
    event_id text not null,
    command text not null,
    actor jsonb,
    at timestamptz(3) not null,
    effect text,
    refusal text
  )`,
  'create index commands_of_rollout on commands (rollout_id, position)',
  `create table releases (
    position bigint primary key,
    service text not null,
    environment text not null,
    version text not null,
    digest text not null,
    state text not null,
    by text not null,
    promoted_at timestamptz(3) not null,
    retired_at timestamptz(3),
    rollout_id text not null
  )`,
  'create index releases_of_service on releases (service, environment, position)',
];

const beside = [
  'create table requests (key text primary key, body_sha256 text not null, rollout_id text not null)',
  `create table inbox (
    id text primary key,
    rollout_id text not null,
    command text not null,
    actor jsonb not null,
    reason text,
    at timestamptz(3) not null,
    state text not null,
    answer text,
    arrival bigint generated always as identity
  )`,
  `create index inbox_waiting on inbox (arrival) where state = 'waiting'`,
  `create table locks (
    service text not null,
    environment text not null,
    actor jsonb not null,
    reason text not null,
    at timestamptz(3) not null,
    until timestamptz(3),
    primary key (service, environment)
  )`,
  `create table watch_samples (
    rollout_id text not null,
    watch integer not null,
    t double precision not null,
    sample jsonb not null,
    primary key (rollout_id, watch, t)
  )`,
];

/** The chain with its texts, the projections of its events, and what stands beside it. */
export const ledger0001: LedgerMigration = { name: '0001-ledger', up: [...chain, ...projections, ...beside] };
