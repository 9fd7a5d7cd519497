-- Seats that the computer plays, marked as such for ever: their matches count for nobody's figures.
alter table matches add column with_bots boolean not null default false;
alter table match_players
    alter column user_id drop not null,
    add column bot smallint not null default 0 check (bot between 0 and 3),
    add constraint match_players_person_or_bot check ((user_id is null) = (bot > 0));
