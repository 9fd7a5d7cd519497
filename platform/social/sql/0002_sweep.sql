-- For the sweep of what was said long ago.
create index messages_by_age on messages (created_at);
