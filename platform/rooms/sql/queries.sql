-- The queries of the rooms service. Parameters only; every moment is handed in.

-- name: rooms_lock_user
-- Orders the operations that count one user's rooms. Always before a room's row is locked.
select pg_advisory_xact_lock(hashtextextended($1::uuid::text, 0));

-- name: rooms_select_room
select id, name, game, mode, visibility, origin, state, host, version, players_min, players_max,
       options, bots, seats, late_join, teams, open_seats, match, rfc3339(state_since) as state_since, rfc3339(created_at) as created_at
from rooms where id = $1::uuid;

-- name: rooms_select_room_locked
select id, name, game, mode, visibility, origin, state, host, version, players_min, players_max,
       options, bots, seats, late_join, teams, open_seats, match, rfc3339(state_since) as state_since, rfc3339(created_at) as created_at
from rooms where id = $1::uuid for update;

-- name: rooms_list_rooms
-- $1 game or null, $2 open, playing or null, $3 whose rooms or null for all public ones,
-- $4 and $5 the last row of the page before or null, $6 how many.
select id, name, game, mode, visibility, origin, state, host, version, players_min, players_max,
       options, bots, seats, late_join, teams, open_seats, match, rfc3339(state_since) as state_since, rfc3339(created_at) as created_at,
       (extract(epoch from created_at) * 1000)::bigint as created_ms
from rooms
where ($1::text is null or game = $1)
  and ($2::text is null or (state = 'open') = ($2 = 'open'))
  and case when $3::uuid is null then visibility = 'public'
           else exists (select from members where room = rooms.id and user_id = $3) end
  and ($4::timestamptz is null or (created_at, id) < ($4, $5::uuid))
order by created_at desc, id desc
limit $6::integer;

-- name: rooms_insert_room
insert into rooms (id, name, game, mode, visibility, origin, state, state_since, host, players_min,
                   players_max, teams, open_seats, options, bots, seats, late_join, checked_at,
                   created_at)
values ($1::uuid, $2, $3, $4, $5, $6, $7, $8::timestamptz, $9::uuid, $10::integer, $11::integer,
        $12::integer, $13::boolean, $14::json, $15::smallint, $16::integer, $17::boolean,
        $8::timestamptz, $8::timestamptz)
on conflict (id) do nothing;

-- name: rooms_set_room_settings
-- With what the mode is now: a new version of the game may have changed it.
update rooms set players_min = $2::integer, players_max = $3::integer, teams = $4::integer,
                 open_seats = $5::boolean, options = $6::json, bots = $7::smallint,
                 seats = $8::integer, late_join = $9::boolean
where id = $1::uuid;

-- name: rooms_delete_room
delete from rooms where id = $1::uuid;

-- name: rooms_bump_room
update rooms set version = version + 1 where id = $1::uuid;

-- name: rooms_set_room_host
update rooms set host = $2::uuid where id = $1::uuid;

-- name: rooms_set_room_state
-- $3 the match, only of a room that plays; $4 now.
update rooms set state = $2, match = $3::uuid, state_since = $4::timestamptz,
                 checked_at = $4::timestamptz, idle_since = null
where id = $1::uuid;

-- name: rooms_select_members
select room, user_id, name, guest, role, ready, seat, team, rfc3339(joined_at) as joined_at
from members where room = any ($1::uuid[])
order by room, joined_at, arrival;

-- name: rooms_count_rooms_of_user
select count(*) as rooms
from members join rooms on rooms.id = members.room
where user_id = $1::uuid and origin = 'user';

-- name: rooms_list_matchmade_rooms_of_user
-- The rooms that matchmaking once put this user into and where nothing is played now.
select room from members join rooms on rooms.id = members.room
where user_id = $1::uuid and origin = 'matchmaking' and state = 'open';

-- name: rooms_insert_member
insert into members (room, user_id, name, guest, role, ready, seat, joined_at)
values ($1::uuid, $2::uuid, $3, $4::boolean, $5, $6::boolean, $7::integer, $8::timestamptz);

-- name: rooms_set_member_role
update members set role = $3, seat = $4::integer, ready = false, team = null
where room = $1::uuid and user_id = $2::uuid;

-- name: rooms_set_member_ready
update members set ready = $3::boolean where room = $1::uuid and user_id = $2::uuid;

-- name: rooms_set_member_team
update members set team = $3::integer where room = $1::uuid and user_id = $2::uuid;

-- name: rooms_delete_member
delete from members where room = $1::uuid and user_id = $2::uuid;

-- name: rooms_unready_members
update members set ready = false where room = $1::uuid and ready;

-- name: rooms_insert_kicked
insert into kicked (room, user_id) values ($1::uuid, $2::uuid) on conflict do nothing;

-- name: rooms_select_kicked
select from kicked where room = $1::uuid and user_id = $2::uuid;

-- name: rooms_begin_match
-- No row when the end of this match has been told before its beginning.
insert into matches (match, room, game, mode, started_at)
values ($1::uuid, $2::uuid, $3, $4, $5::timestamptz)
on conflict (match) do nothing
returning match;

-- name: rooms_insert_match_player
insert into match_players (match, user_id) values ($1::uuid, $2::uuid) on conflict do nothing;

-- name: rooms_end_match
-- Once; a match that ends before its beginning is written down is written down as a whole.
insert into matches (match, room, game, mode, started_at, ended_at)
values ($1::uuid, $2::uuid, $3, $4, $5::timestamptz, $5::timestamptz)
on conflict (match) do update set ended_at = excluded.ended_at where matches.ended_at is null;

-- name: rooms_end_match_without_room
update matches set ended_at = $3::timestamptz
where match = $1::uuid and room = $2::uuid and ended_at is null;

-- name: rooms_list_history
-- $1 who, $2 and $3 the last row of the page before or null, $4 how many.
select room, game, mode, matches.match, rfc3339(started_at) as started_at,
       rfc3339(ended_at) as ended_at,
       (extract(epoch from started_at) * 1000)::bigint as started_ms
from match_players join matches on matches.match = match_players.match
where user_id = $1::uuid
  and ($2::timestamptz is null or (started_at, matches.match) < ($2, $3::uuid))
order by started_at desc, matches.match desc
limit $4::integer;

-- name: rooms_list_forgotten_starts
-- Rooms whose start has been forgotten: $1 the latest moment that is too old.
select id from rooms where state = 'starting' and state_since <= $1::timestamptz
order by state_since limit $2::integer;

-- name: rooms_list_unchecked_matches
-- Rooms whose match nobody has asked about since $1.
select id, match from rooms where state = 'playing' and checked_at <= $1::timestamptz
order by checked_at limit $2::integer;

-- name: rooms_list_unchecked_rooms
-- Open rooms that were not looked at since $1, with their members.
select id, rfc3339(idle_since) as idle_since,
       (select array_to_string(array_agg(user_id), ',') from members where room = rooms.id) as users
from rooms where state = 'open' and checked_at <= $1::timestamptz
order by checked_at limit $2::integer;

-- name: rooms_set_room_checked
-- $3: since when nobody is online there, or null.
update rooms set checked_at = $2::timestamptz, idle_since = $3::timestamptz where id = $1::uuid;

-- name: rooms_select_last_match_of_room
select match from matches where room = $1::uuid order by started_at desc limit 1;

-- name: rooms_delete_old_matches
-- $1 the moment before which their end is too old, $2 how many at once.
delete from matches
where match in (select match from matches where ended_at < $1::timestamptz limit $2::integer);
