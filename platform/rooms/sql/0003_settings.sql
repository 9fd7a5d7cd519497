-- How the matches of a room are played, and what of its mode that depends on. Rooms that are there
-- already have the settings that every room had before.
alter table rooms
    add column options    json not null default '{}', -- {id: value}, as games has judged it; in order
    add column bots       smallint not null default 0 check (bots between 0 and 3), -- difficulty
    add column seats      integer,
    add column late_join  boolean not null default false,
    add column teams      integer not null default 1 check (teams >= 1),
    add column open_seats boolean not null default false;
update rooms set seats = players_max;
alter table rooms alter column seats set not null;
alter table rooms add constraint rooms_seats check (seats between players_min and players_max);
alter table members add column team integer check (team >= 0); -- that he wishes
