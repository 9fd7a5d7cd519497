-- For forgetting matches that were played long ago.
create index matches_by_end on matches (ended_at);
create index match_players_by_match on match_players (match);
