-- The queries of the games service. Parameters only.

-- name: match_insert
insert into matches (id, epoch, room, game, version, sha, mode, state, started_at, instance, run,
                     with_bots)
values ($1, $2, $3, $4, $5, $6, $7, 'live', to_timestamp($8::bigint / 1000.0), $9, $10, $11);

-- name: match_version_add
-- A version that comes back has been there.
insert into match_versions (match, sha, version, image) values ($1, $2, $3, $4)
on conflict do nothing;

-- name: match_versions_get
select sha, version, image from match_versions where match = $1 order by at;

-- name: match_lock_live
-- Its end waits until the transaction of who asks is done.
select from matches where id = $1 and state = 'live' for share;

-- name: match_player_insert
insert into match_players (match, slot, user_id, name, team, bot) values ($1, $2, $3, $4, $5, $6);

-- name: match_player_seat
-- Somebody takes a seat of a live match: a bot's, or one that nobody had.
insert into match_players (match, slot, user_id, name, team) values ($1, $2, $3, $4, $5)
on conflict (match, slot) do update set user_id = excluded.user_id, name = excluded.name, bot = 0
where match_players.bot > 0;

-- name: playing_insert
insert into playing (user_id, match) values ($1, $2);

-- name: playing_admit
-- No row when this player is in another match.
insert into playing (user_id, match) values ($1, $2)
on conflict (user_id) do update set match = excluded.match where playing.match = excluded.match
returning match;

-- name: match_delete
delete from matches where id = $1 and state = 'live';

-- name: match_get
select id, epoch, room, game, version, sha, mode, state, reason, rfc3339(started_at) as started_at,
       rfc3339(ended_at) as ended_at, ticks, state_hash
from matches where id = $1;

-- name: match_players_get
select slot, user_id, name, team, bot, score, place, outcome, forfeit
from match_players where match = $1 order by slot;

-- name: match_end
update matches set state = $3, reason = $4, ended_at = to_timestamp($5::bigint / 1000.0),
       ticks = $6, state_hash = $7
where id = $1 and epoch = $2 and state = 'live'
returning room;

-- name: match_player_result
update match_players set score = $3, place = $4, outcome = $5, forfeit = $6
where match = $1 and slot = $2;

-- name: playing_delete
delete from playing where match = $1;

-- name: outbox_insert
insert into outbox (match, room, next_at) values ($1, $2, now());

-- name: outbox_due
select match, room, published, attempts from outbox where next_at <= now() order by next_at limit 50;

-- name: outbox_published
update outbox set published = true where match = $1;

-- name: outbox_later
update outbox set attempts = attempts + 1,
       next_at = now() + make_interval(secs => least(60, power(2, least(attempts, 6))))
where match = $1;

-- name: outbox_delete
delete from outbox where match = $1;

-- name: matches_left_over
select id, epoch from matches where state = 'live' and instance = $1 and run <> $2 limit 500;

-- name: match_change_version
update matches set version = $2, sha = $3 where id = $1 and state = 'live';

-- name: match_take_up
update matches set run = $2 where id = $1 and state = 'live';

-- name: user_matches
select match from match_players
where user_id = $1 and ($2::uuid is null or match < $2::uuid)
order by match desc limit $3;

-- name: user_stats
select game, count(*) as played, count(*) filter (where outcome = 'win') as won,
       count(*) filter (where outcome = 'loss') as lost,
       count(*) filter (where outcome = 'draw') as drawn
from match_players join matches on matches.id = match
where user_id = $1 and state = 'ended' and not with_bots
group by game order by game;

-- name: catalog_all
select game, current, enabled from catalog order by game;

-- name: catalog_states
select catalog.game, current, enabled, version,
       (select count(*) from versions as bad
        where bad.game = catalog.game and bad.state = 'quarantined') as quarantined
from catalog left join versions on versions.game = catalog.game and sha = current
where $1::text is null or catalog.game = $1
order by catalog.game;

-- name: catalog_get
select current, dropped, enabled from catalog where game = $1;

-- name: catalog_lock
select current, enabled from catalog where game = $1 for update;

-- name: catalog_add
insert into catalog (game) values ($1) on conflict do nothing;

-- name: catalog_dropped_set
insert into catalog (game, dropped) values ($1, $2)
on conflict (game) do update set dropped = excluded.dropped;

-- name: catalog_current_set
update catalog set current = $2 where game = $1;

-- name: catalog_current_back
update catalog set current = $3 where game = $1 and current = $2 returning game;

-- name: catalog_enabled_set
update catalog set enabled = $2 where game = $1;

-- name: transaction_may_wait
select set_config('idle_in_transaction_session_timeout', $1, true);

-- name: version_put
insert into versions (id, game, sha, version, state, code, reason, user_id, user_name)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (game, sha) do update
set version = coalesce(excluded.version, versions.version), state = excluded.state,
    code = excluded.code, reason = excluded.reason
where versions.state <> 'quarantined';

-- name: version_quarantine
update versions set state = 'quarantined', code = null, reason = $3 where game = $1 and sha = $2;

-- name: version_pardon_set
update versions set state = 'admitted', reason = null
where game = $1 and sha = $2 and state = 'quarantined';

-- name: version_by_prefix
select sha, version, state, code, reason from versions
where game = $1 and sha like $2 || '%' order by id desc limit 2;

-- name: version_newest
select sha, version, state, code, reason from versions
where game = $1 and state = 'admitted' order by id desc limit 1;

-- name: version_before
-- What was live before $2 was put live.
select sha, version, state, code, reason from versions
where game = $1 and state = 'admitted' and sha <> $2
      and live_at < (select live_at from versions where game = $1 and sha = $2)
order by live_at desc limit 1;

-- name: version_live_now
update versions set live_at = clock_timestamp()
where game = $1 and sha = $2 and ($3::boolean or live_at is null);

-- name: versions_page
select id, versions.game, sha, version, state, code, reason, user_id, user_name,
       rfc3339(brought_at) as brought_at, rfc3339(live_at) as live_at,
       coalesce(current = sha, false) as is_current, coalesce(enabled, true) as enabled
from versions left join catalog on catalog.game = versions.game
where ($1::text is null or versions.game = $1) and ($2::uuid is null or id < $2::uuid)
order by id desc limit $3;

-- name: version_get
select id, versions.game, sha, version, state, code, reason, user_id, user_name,
       rfc3339(brought_at) as brought_at, rfc3339(live_at) as live_at,
       coalesce(current = sha, false) as is_current, coalesce(enabled, true) as enabled
from versions left join catalog on catalog.game = versions.game
where versions.game = $1 and sha = $2;

-- name: audit_insert
insert into audit (id, at, user_id, user_name, action, game, version, sha, request, outcome, code,
                   reason)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict (id) do nothing;

-- name: audit_insert_news
-- Nothing, when the last that is known of this action on this game is the same.
insert into audit (id, at, user_id, user_name, action, game, version, sha, request, outcome, code,
                   reason)
select $1::uuid, $2::timestamptz, $3::uuid, $4, $5, $6, $7, $8, $9, $10, $11, $12
where not exists (
    select from (select sha, code, reason from audit where game = $6 and action = $5
                 order by id desc limit 1) as known
    where known.sha is not distinct from $8 and known.code is not distinct from $11
          and known.reason is not distinct from $12);

-- name: audit_page
select id, rfc3339(at) as at, user_id, user_name, action, game, version, sha, request, outcome,
       code, reason
from audit
where ($1::text is null or game = $1) and ($2::uuid is null or id < $2::uuid)
order by id desc limit $3;

-- name: matches_page
select id from matches
where (not $1::boolean or state = 'live') and ($2::text is null or game = $2)
      and ($3::uuid is null or id < $3::uuid)
order by id desc limit $4;
