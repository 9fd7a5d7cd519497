-- For the sweep of guests whom nobody can be any more.
create index users_guests on users (id) where guest;
