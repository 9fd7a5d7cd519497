-- The queries of the social service. Parameters only.

-- name: social_insert_message
insert into messages (id, channel, from_user, from_name, text, created_at)
values ($1::uuid, $2, $3::uuid, $4, $5, $6::timestamptz);

-- name: social_list_messages
-- $1 channel, $2 the last id of the page before or null, $3 how many.
select id, from_user, from_name, text, rfc3339(created_at) as created_at
from messages
where channel = $1 and ($2::uuid is null or id < $2)
order by id desc
limit $3::integer;

-- name: social_delete_old_messages
-- $1 the moment before which they are too old, $2 how many at once.
delete from messages
where id in (select id from messages where created_at < $1::timestamptz limit $2::integer);
