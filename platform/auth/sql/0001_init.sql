-- The schema of the auth service.

-- One row a player, guest or full account. A deleted account keeps its row, emptied of everything
-- but its id and its name: the name stays reserved, so that nobody can pose as the one who left.
create table users (
    id uuid primary key,
    username text not null,
    email text,
    password_hash text, -- Argon2id in its text form; null: a guest
    guest boolean not null,
    admin boolean not null default false,
    created_at timestamptz not null default now(),
    deleted_at timestamptz,
    constraint users_username_form check (username ~ '^[A-Za-z0-9_-]{3,20}$'),
    constraint users_guest_has_no_login
        check (not guest or (email is null and password_hash is null and not admin)),
    constraint users_account_has_password
        check (guest or deleted_at is not null or password_hash is not null),
    constraint users_deleted_is_empty
        check (deleted_at is null or (email is null and password_hash is null and not admin))
);
create unique index users_username_key on users (lower(username));
create unique index users_email_key on users (lower(email));

-- The players there are, as the service shows them.
create view accounts as
select id, username, email, password_hash, guest, admin,
    (extract(epoch from created_at) * 1000)::bigint as created_unix_ms
from users
where deleted_at is null;

-- One row a login that has not ended. No token is stored: a refresh token is made from the id and
-- the generation with the server's key.
create table sessions (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    generation bigint not null default 1 check (generation between 1 and 4294967295),
    rotated_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create index sessions_user on sessions (user_id, rotated_at);
create index sessions_expiry on sessions (expires_at);
