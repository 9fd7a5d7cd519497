-- The schema of the rooms service: rooms that exist, who is in them, who was put out, and which
-- matches were played. Times are handed in by the service, never taken from this server's clock.

create function rfc3339(moment timestamptz) returns text
    language sql immutable parallel safe
    return to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

create table rooms (
    id          uuid primary key,
    name        text not null check (char_length(name) between 1 and 60),
    game        text not null,
    mode        text not null,
    visibility  text not null check (visibility in ('public', 'private')),
    origin      text not null check (origin in ('user', 'matchmaking')),
    -- starting: games has been asked for a match and has not answered yet
    state       text not null check (state in ('open', 'starting', 'playing')),
    state_since timestamptz not null,
    host        uuid not null,
    version     bigint not null default 0,
    players_min integer not null check (players_min >= 1),
    players_max integer not null check (players_max >= players_min),
    match       uuid,
    -- when the sweep last looked at this room, and since when it has seen nobody online
    checked_at  timestamptz not null,
    idle_since  timestamptz,
    created_at  timestamptz not null,
    check ((state = 'playing') = (match is not null))
);
create index rooms_by_age on rooms (created_at desc, id desc);
create index rooms_by_check on rooms (checked_at);

create table members (
    room      uuid not null references rooms (id) on delete cascade,
    user_id   uuid not null,
    name      text not null,
    guest     boolean not null,
    role      text not null check (role in ('player', 'spectator')),
    ready     boolean not null default false,
    seat      integer check (seat >= 0),
    joined_at timestamptz not null,
    arrival   bigint generated always as identity, -- orders those who came at the same moment
    primary key (room, user_id),
    unique (room, seat),
    check ((role = 'player') = (seat is not null))
);
create index members_by_user on members (user_id);

create table kicked (
    room    uuid not null references rooms (id) on delete cascade,
    user_id uuid not null,
    primary key (room, user_id)
);

-- Matches outlive their rooms.
create table matches (
    match      uuid primary key,
    room       uuid not null,
    game       text not null,
    mode       text not null,
    started_at timestamptz not null,
    ended_at   timestamptz
);
create index matches_by_room on matches (room);

create table match_players (
    match   uuid not null references matches (match) on delete cascade,
    user_id uuid not null,
    primary key (user_id, match)
);
