-- The schema of the social service: what was said. Times are handed in by the service.

create function rfc3339(moment timestamptz) returns text
    language sql immutable parallel safe
    return to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

create table messages (
    id         uuid primary key, -- version 7: grows with time
    channel    text not null,    -- global, room:ID, or dm:LOWER:HIGHER of the two users
    from_user  uuid not null,
    from_name  text not null,    -- as it was then
    text       text not null check (char_length(text) between 1 and 500),
    created_at timestamptz not null
);
create index messages_by_channel on messages (channel, id desc);
