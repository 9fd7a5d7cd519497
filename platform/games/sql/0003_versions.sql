-- Every version that was ever brought, which one is played, and who did what: see
-- docs/adr/0009-what-is-played.md.

create table versions (
    id         uuid primary key, -- version 7: in the order of being brought
    game       text not null,
    sha        text not null check (sha ~ '^[0-9a-f]{64}$'),
    version    text,             -- null: the manifest cannot be read
    state      text not null check (state in ('admitted', 'refused', 'quarantined')),
    code       text,             -- of a refusal
    reason     text,             -- of a refusal or a quarantine
    user_id    uuid,             -- who brought it; null: user_name is plugins.d
    user_name  text not null,
    brought_at timestamptz not null default now(),
    live_at    timestamptz,      -- when it was last put live, not counting a rollback to it
    unique (game, sha),
    check ((state = 'admitted') = (reason is null)),
    check ((state = 'refused') = (code is not null))
);
create index versions_by_game on versions (game, id desc);

create table catalog (
    game    text primary key,
    current text,          -- the sha that is played, also after a restart; null: none yet
    dropped text,          -- the sha that plugins.d held last: the same files are nothing new
    enabled boolean not null default true,
    foreign key (game, current) references versions (game, sha)
);

create table audit (
    id        uuid primary key, -- version 7: in the order of time
    at        timestamptz not null,
    user_id   uuid,             -- null: user_name is plugins.d or platform
    user_name text not null,
    action    text not null,
    game      text not null,
    version   text,
    sha       text,
    request   text,             -- the request id; null: nobody asked
    outcome   text not null check (outcome in ('done', 'refused', 'failed')),
    code      text,
    reason    text,
    check ((outcome = 'done') = (code is null))
);
create index audit_by_game on audit (game, id desc);
