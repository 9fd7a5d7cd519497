-- The versions that a match was played with, in the order in which they came to it: by these its
-- replay is played back. Matches of before have none.

create table match_versions (
    match   uuid not null references matches (id) on delete cascade,
    sha     text not null,
    version text not null,
    image   text not null, -- SHA-256 of its game.so, by which the replay names it
    at      timestamptz not null default clock_timestamp(),
    primary key (match, sha)
);
