/*
 * gamekit play: the parts of a playground, and how they hang together. play.c owns them and drives
 * them; play_page.c is what the page says and is told.
 */
#ifndef TOOL_PLAY_H
#define TOOL_PLAY_H

#include "tool/play_build.h"
#include "tool/play_link.h"
#include "tool/play_server.h"
#include "tool/play_session.h"
#include "tool/play_watch.h"

#define PLAY_CHANNELS_MAX  PLAY_VIEWERS_MAX /* a channel is a slot, or PLAY_SPECTATOR */
#define PLAY_FRAME_BYTES   (10 + GK_VIEW_BYTES_MAX)
#define PLAY_ADDRESS_BYTES 128

enum play_build_state { PLAY_BUILDING, PLAY_BUILT, PLAY_NOT_BUILT };

struct playground {
    char folder[PATH_MAX];
    struct play_places places;
    struct play_server *server;   /* owned */
    struct play_session *session; /* owned */
    struct play_watch *watch;     /* owned; its fd is the server's */
    struct play_build build;
    enum play_build_state build_state;
    bool builds_again; /* something was saved while it was built */
    bool is_settling;  /* something was saved: settle_us is when that is looked at */
    int64_t settle_us, build_began_us;
    uint32_t build_ms;
    char build_text[PLAY_BUILD_OUTPUT_MAX + PLAY_SENTENCE_BYTES]; /* what the author is to read */
    uint32_t files_version;                                       /* of the client's files */

    bool has_page;
    uint64_t shown; /* slots whose views the page wants */
    bool shows_spectator;
    uint32_t film_tick; /* what the frames are told: it only ever grows */
    bool has_moved;     /* since the frames were last sent */
    int64_t beat_us;    /* when the next one is */
    struct play_link up[GK_PLAYERS_MAX], down[GK_PLAYERS_MAX];

    /* What the page has to be told, see play_page_tell. */
    bool tell_game, tell_match, tell_seats, tell_build, tell_now;
    bool tell_whole; /* whole views, also where nothing has moved */
    int64_t told_us;
    uint32_t told_log;
    uint32_t match_number;
    uint64_t told_steps;
};

/* play.c, for the page's wishes. */

/* Begins a match with the newest build. */
void play_start(struct playground *playground, const struct gk_match *match);
/* The files of the client are others, or are to be loaded anew. */
void play_reload_client(struct playground *playground);

/* play_page.c */

/* A message of the page; what it does not understand is answered with an "error". */
void play_page_hear(struct playground *playground, const char *message, size_t bytes);
/* Tells the page everything that it does not know yet; `all` is for a new page. */
void play_page_tell(struct playground *playground, bool all);
/* What is due of that now, in pace with a reader. */
void play_page_tell_changes(struct playground *playground, int64_t now_us);
/* A sentence for the author. */
void play_page_say(struct playground *playground, const char *type, const char *text);

/* The choice of a match that a game is first shown with. */
void play_page_first_match(struct playground *playground, struct gk_match *ret_match);

/* play_replay.c */

/* Writes the match as a replay (host/replay.h). False with a sentence. */
bool play_replay_save(struct play_session *session, const char *path,
                      char ret_sentence[PLAY_SENTENCE_BYTES]);
/* Makes the match of a replay the session's, played again with the newest build, and goes to its
 * first moment. False with a sentence. What differs from the recording is noted in the log. */
bool play_replay_load(struct play_session *session, const char *path,
                      char ret_sentence[PLAY_SENTENCE_BYTES]);

#endif
