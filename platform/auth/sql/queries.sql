-- The queries of the auth service. Parameters only.

-- name: account_by_id
select * from accounts where id = $1::uuid;

-- name: account_by_username
select * from accounts where lower(username) = lower($1::text);

-- name: account_by_email
select * from accounts where lower(email) = lower($1::text);

-- name: account_by_session
select accounts.*
from sessions join accounts on accounts.id = sessions.user_id
where sessions.id = $1::uuid and accounts.id = $2::uuid and sessions.expires_at > now();

-- name: user_insert
insert into users (id, username, email, password_hash, guest) values ($1, $2, $3, $4, false);

-- name: guest_insert
insert into users (id, username, guest) values ($1, $2, true)
on conflict (lower(username)) do nothing;

-- name: guest_upgrade
update users set username = $2, email = $3, password_hash = $4, guest = false
where id = $1 and guest and deleted_at is null;

-- name: admin_exists
select 1 from accounts where admin;

-- name: admin_insert
insert into users (id, username, password_hash, guest, admin)
select $1::uuid, $2::text, $3::text, false, true
where not exists (select from users where admin)
on conflict (lower(username)) do nothing;

-- The old hash guards against a change made between the check of the password and this.
-- name: user_update
update users
set username = coalesce($3, username), email = coalesce($4, email),
    password_hash = coalesce($5, password_hash)
where id = $1 and password_hash = $2 and deleted_at is null;

-- name: user_rehash
update users set password_hash = $3 where id = $1 and password_hash = $2;

-- name: user_empty
update users
set deleted_at = now(), email = null, password_hash = null, admin = false
where id = $1::uuid and deleted_at is null and password_hash is not distinct from $2::text;

-- The lock on the owner makes a password change wait and then end this session too; a session for
-- an old password is never made.
-- name: session_insert
with owner as (
    select id from users
    where id = $2::uuid and deleted_at is null and password_hash is not distinct from $3::text
    for share)
insert into sessions (id, user_id, expires_at)
select $1::uuid, owner.id, now() + $4::bigint * interval '1 second' from owner;

-- Ends what has expired, and the least used ones past the limit.
-- name: session_prune
delete from sessions
where user_id = $1::uuid
    and (expires_at <= now()
        or id not in (select id from sessions where user_id = $1::uuid
                      order by rotated_at desc, id desc limit $2::bigint))
returning id;

-- Only the current generation rotates; of two racing for it one finds no row.
-- name: session_rotate
with rotated as (
    update sessions
    set generation = generation + 1, rotated_at = now(),
        expires_at = now() + $3::bigint * interval '1 second'
    where id = $1::uuid and generation = $2::bigint and expires_at > now()
    returning user_id, generation)
select rotated.generation, accounts.*
from rotated join accounts on accounts.id = rotated.user_id;

-- The one that found no row: the generation just before, within the grace time.
-- name: session_rotated_just_now
select sessions.generation, accounts.*
from sessions join accounts on accounts.id = sessions.user_id
where sessions.id = $1::uuid and sessions.generation = $2::bigint + 1
    and sessions.expires_at > now()
    and sessions.rotated_at > now() - $3::bigint * interval '1 millisecond';

-- name: session_renew
update sessions
set generation = generation + 1, rotated_at = now(),
    expires_at = now() + $3::bigint * interval '1 second'
where id = $1::uuid and user_id = $2::uuid and expires_at > now()
returning generation;

-- name: session_end
delete from sessions where id = $1::uuid
returning user_id, expires_at > now() as was_live;

-- name: sessions_end_others
delete from sessions where user_id = $1::uuid and id <> $2::uuid returning id;

-- name: sessions_end_expired
delete from sessions where expires_at <= now();

-- name: sessions_end_all
delete from sessions where user_id = $1::uuid;

-- A guest is made together with a session. Without one nobody can ever be this guest again.
-- name: guests_delete_left
delete from users
where id in (select id from users
             where guest and not exists (select from sessions where user_id = users.id)
             limit $1::bigint);
