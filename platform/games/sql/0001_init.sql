-- The schema of the games service: which matches were and are played, and what they came to.

create function rfc3339(moment timestamptz) returns text
    language sql immutable parallel safe
    return to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

create table matches (
    id         uuid primary key, -- version 7: in the order of starting
    epoch      integer not null, -- a result of another epoch is never accepted
    room       uuid not null,
    game       text not null,
    version    text not null,
    sha        text not null,
    mode       text not null,
    state      text not null check (state in ('live', 'ended', 'aborted')),
    reason     text check (reason in ('finished', 'forfeit', 'aborted')),
    started_at timestamptz not null,
    ended_at   timestamptz,
    ticks      bigint,
    state_hash text,
    -- which run of which games service plays it: a later run of the same one ends what is left over
    instance   text not null,
    run        uuid not null,
    check ((state = 'live') = (ended_at is null)),
    check ((state = 'live') = (reason is null))
);
create index matches_live on matches (instance) where state = 'live';

create table match_players (
    match   uuid not null references matches (id) on delete cascade,
    slot    integer not null check (slot between 0 and 63),
    user_id uuid not null,
    name    text not null,
    team    integer not null,
    score   integer,
    place   integer,
    outcome text check (outcome in ('win', 'loss', 'draw')),
    forfeit boolean not null default false,
    primary key (match, slot),
    unique (match, user_id)
);
create index match_players_by_user on match_players (user_id, match desc);

-- One live match a player: the key is the rule.
create table playing (
    user_id uuid constraint playing_one_match primary key,
    match   uuid not null references matches (id) on delete cascade
);
create index playing_by_match on playing (match);

-- What has still to be told about a match that is over.
create table outbox (
    match     uuid primary key references matches (id) on delete cascade,
    room      uuid not null,
    published boolean not null default false,
    attempts  integer not null default 0,
    next_at   timestamptz not null
);
create index outbox_by_time on outbox (next_at);
