/*
 * gamekit play: the game of a folder in the browser, with all its players, and built anew whenever
 * it is saved. One loop: time passes in beats; between them frames travel, the page wishes, files
 * are saved, builds end.
 */
#include "tool/play.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool/command.h"
#include "tool/prefix.h"

#define SETTLE_US  60000  /* after a save: editors write in several steps */
#define BEHIND_US  250000 /* so late, time has stood still */
#define OP_INPUT   1
#define OP_STATE   2
#define OP_WHOLE   3
#define OP_PING    4
#define OP_PONG    5
#define INPUT_HEAD 6
#define STATE_HEAD 10
#define PING_BYTES 10

struct wanted {
    const char *folder;
    int port;
    bool opens_browser;
};

static enum command_status read_arguments(int count, char **arguments, struct wanted *ret_wanted);
static enum command_status open_all(struct playground *playground, const struct wanted *wanted);
static void close_all(struct playground *playground);
static bool make_secret(char ret_secret[PLAY_SECRET_BYTES]);
static void open_browser(const char *address);
static void on_stop(void *context);
static void on_page_opened(void *context);
static void on_page_closed(void *context);
static void on_page_text(void *context, const char *message, size_t bytes);
static void on_page_frame(void *context, const uint8_t *frame, size_t bytes);
static void on_woken(void *context);
static void on_saved(void *context);
static void on_build_output(void *context);
static void build_anew(struct playground *playground);
static void take_build(struct playground *playground);
static void beat(struct playground *playground, int64_t now_us);
static void send_views(struct playground *playground, int64_t now_us);
static void send_view(struct playground *playground, uint32_t channel, int64_t now_us);
static void deliver(struct playground *playground, int64_t now_us);
static void receive(struct playground *playground, uint32_t channel, const uint8_t *frame,
                    size_t bytes, int64_t now_us);
static void send_down(struct playground *playground, uint32_t channel, const uint8_t *frame,
                      uint32_t bytes, int64_t now_us);
static void plan_wake(struct playground *playground, int64_t now_us);

enum command_status command_play(int argument_count, char **arguments_given)
{
    struct wanted wanted;
    enum command_status status = read_arguments(argument_count, arguments_given, &wanted);
    struct playground *playground = status == COMMAND_FINE ? calloc(1, sizeof *playground) : NULL;
    if (!playground)
        return status == COMMAND_FINE ? COMMAND_MACHINE : status;
    status = open_all(playground, &wanted);
    if (status == COMMAND_FINE)
        play_server_run(playground->server);
    close_all(playground);
    free(playground);
    return status;
}

static enum command_status read_arguments(int count, char **arguments, struct wanted *ret_wanted)
{
    *ret_wanted = (struct wanted){.folder = NULL,
                                  .opens_browser = getenv("DISPLAY") || getenv("WAYLAND_DISPLAY")};
    for (int i = 0; i < count; i++) {
        char *end = NULL;
        if (strcmp(arguments[i], "--no-browser") == 0) {
            ret_wanted->opens_browser = false;
        } else if (strncmp(arguments[i], "--port=", 7) == 0 ||
                   (strcmp(arguments[i], "--port") == 0 && i + 1 < count)) {
            const char *port = arguments[i][6] == '=' ? arguments[i] + 7 : arguments[++i];
            long number = strtol(port, &end, 10);
            if (!*port || *end || number < 0 || number > 65535) {
                fprintf(stderr, "gamekit: a port is a number of 0 to 65535, 0 being any: %s\n",
                        port);
                return COMMAND_USAGE;
            }
            ret_wanted->port = (int)number;
        } else if (arguments[i][0] == '-' || ret_wanted->folder) {
            fprintf(stderr, "gamekit: gamekit play [FOLDER] [--port=N] [--no-browser]\n");
            return COMMAND_USAGE;
        } else {
            ret_wanted->folder = arguments[i];
        }
    }
    if (!ret_wanted->folder)
        ret_wanted->folder = ".";
    return COMMAND_FINE;
}

/* --- opening and closing --- */

static enum command_status open_all(struct playground *playground, const struct wanted *wanted)
{
    char token[PLAY_SECRET_BYTES], address[PLAY_ADDRESS_BYTES], json[PATH_MAX + 16];
    const struct play_handlers handlers = {.context = playground,
                                           .opened = on_page_opened,
                                           .closed = on_page_closed,
                                           .text = on_page_text,
                                           .frame = on_page_frame,
                                           .woken = on_woken};
    sigset_t stops;
    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGHUP);
    sigprocmask(SIG_BLOCK, &stops, NULL);
    signal(SIGPIPE, SIG_IGN);

    bool is_folder = realpath(wanted->folder, playground->folder) &&
                     snprintf(json, sizeof json, "%s/game.json", playground->folder) > 0 &&
                     access(json, R_OK) == 0;
    if (!is_folder) {
        fprintf(stderr,
                "gamekit: %s is no folder of a game, for it has no game.json: go to one, or make "
                "one with `gamekit new NAME`.\n",
                wanted->folder);
        return COMMAND_FAULT;
    }
    struct play_places *places = &playground->places;
    snprintf(places->game, sizeof places->game, "%s", playground->folder);
    if (!prefix_path("share/gamekit/playground", places->playground) ||
        !prefix_path("share/gamekit/client", places->kit))
        return COMMAND_MACHINE;
    if (!make_secret(token) || !make_secret(places->secret))
        return COMMAND_MACHINE;
    for (uint32_t slot = 0; slot < GK_PLAYERS_MAX; slot++) {
        play_link_init(&playground->up[slot], 2 * slot);
        play_link_init(&playground->down[slot], 2 * slot + 1);
    }
    playground->session = play_session_create();
    playground->watch = play_watch_create(playground->folder);
    if (!playground->session || !playground->watch) {
        fprintf(stderr, "gamekit: %s cannot be watched: %s\n", playground->folder, strerror(errno));
        return COMMAND_MACHINE;
    }
    playground->server = play_server_create(places, wanted->port, token, &handlers);
    if (!playground->server)
        return COMMAND_MACHINE;
    if (!play_server_watch(playground->server, play_watch_fd(playground->watch), on_saved) ||
        !play_server_watch(playground->server, signalfd(-1, &stops, SFD_CLOEXEC), on_stop))
        return COMMAND_MACHINE;
    build_anew(playground);
    snprintf(address, sizeof address, "%s/#%s", places->origin, token);
    printf("The playground of %s:\n\n  %s\n\nIt builds whenever you save. Ctrl-C ends it.\n",
           playground->folder, address);
    fflush(stdout);
    if (wanted->opens_browser)
        open_browser(address);
    plan_wake(playground, play_server_now_us());
    return COMMAND_FINE;
}

static void close_all(struct playground *playground)
{
    play_build_end(&playground->build);
    play_server_destroy(playground->server);
    play_session_destroy(playground->session);
    play_watch_destroy(playground->watch);
    for (uint32_t slot = 0; slot < GK_PLAYERS_MAX; slot++) {
        play_link_clear(&playground->up[slot]);
        play_link_clear(&playground->down[slot]);
    }
}

static bool make_secret(char ret_secret[PLAY_SECRET_BYTES])
{
    uint8_t random[(PLAY_SECRET_BYTES - 1) / 2];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
        fprintf(stderr, "gamekit: no random numbers: %s\n", strerror(errno));
        return false;
    }
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(ret_secret + 2 * i, 3, "%02x", random[i]);
    return true;
}

/* The address, which is also printed, is then in the list of processes for a moment. */
static void open_browser(const char *address)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (fork() != 0)
            _exit(0);
        setsid();
        int nothing = open("/dev/null", O_RDWR); /* a machine without a browser is no complaint */
        dup2(nothing, STDOUT_FILENO);
        dup2(nothing, STDERR_FILENO);
        close_range(STDERR_FILENO + 1, ~0u, 0); /* the browser may outlive us, our port may not */
        execlp("xdg-open", "xdg-open", address, (char *)NULL);
        _exit(0);
    }
}

static void on_stop(void *context)
{
    struct playground *playground = context;
    play_server_stop(playground->server);
}

void play_start(struct playground *playground, const struct gk_match *match)
{
    bool was_there = playground->session->history != NULL;
    for (uint32_t slot = 0; slot < GK_PLAYERS_MAX; slot++) {
        play_link_clear(&playground->up[slot]);
        play_link_clear(&playground->down[slot]);
    }
    playground->session->is_playing =
        play_session_begin(playground->session, match) && (was_there || playground->has_page);
    playground->match_number++;
    playground->has_moved = true;
    playground->tell_match = playground->tell_seats = playground->tell_now = true;
    playground->told_steps = 0;
    playground->beat_us = play_server_now_us();
}

void play_reload_client(struct playground *playground)
{
    playground->files_version++;
    playground->tell_match = true;
}

/* --- the page --- */

static void on_page_opened(void *context)
{
    struct playground *playground = context;
    playground->has_page = true;
    playground->shown = 0;
    playground->shows_spectator = false;
    playground->told_log = 0;
    playground->beat_us = play_server_now_us();
    play_page_tell(playground, true);
    plan_wake(playground, playground->beat_us);
}

/* Nobody looks: the match stands still. */
static void on_page_closed(void *context)
{
    struct playground *playground = context;
    playground->has_page = false;
    playground->session->is_playing = false;
}

static void on_page_text(void *context, const char *message, size_t bytes)
{
    struct playground *playground = context;
    play_page_hear(playground, message, bytes);
    plan_wake(playground, play_server_now_us());
}

static void on_page_frame(void *context, const uint8_t *frame, size_t bytes)
{
    struct playground *playground = context;
    int64_t now_us = play_server_now_us();
    if (bytes < 2 || bytes > PLAY_FRAME_BYTES)
        return;
    uint32_t channel = frame[1];
    if (channel < playground->session->match.player_count)
        (void)play_link_send(&playground->up[channel], frame, (uint32_t)bytes, now_us);
    else if (channel == PLAY_SPECTATOR)
        receive(playground, channel, frame, bytes, now_us);
    deliver(playground, now_us);
    plan_wake(playground, now_us);
}

/* --- time --- */

static void on_woken(void *context)
{
    struct playground *playground = context;
    int64_t now_us = play_server_now_us();
    if (playground->is_settling && now_us >= playground->settle_us) {
        playground->is_settling = false;
        build_anew(playground);
    }
    deliver(playground, now_us);
    if (playground->has_page && now_us >= playground->beat_us)
        beat(playground, now_us);
    deliver(playground, now_us);
    play_page_tell_changes(playground, now_us);
    plan_wake(playground, now_us);
}

static void plan_wake(struct playground *playground, int64_t now_us)
{
    int64_t at_us = playground->has_page ? playground->beat_us : INT64_MAX;
    if (playground->is_settling && playground->settle_us < at_us)
        at_us = playground->settle_us;
    for (uint32_t slot = 0; slot < playground->session->match.player_count; slot++) {
        int64_t up_us = play_link_due_us(&playground->up[slot]);
        int64_t down_us = play_link_due_us(&playground->down[slot]);
        at_us = up_us < at_us ? up_us : at_us;
        at_us = down_us < at_us ? down_us : at_us;
    }
    play_server_wake(playground->server, at_us == INT64_MAX ? now_us + 1000000 : at_us);
}

static void beat(struct playground *playground, int64_t now_us)
{
    struct play_session *session = playground->session;
    playground->beat_us += 1000000 / play_session_beats_hz(session);
    if (playground->beat_us < now_us - BEHIND_US)
        playground->beat_us = now_us;
    bool was_playing = session->is_playing;
    if (play_session_beat(session))
        playground->has_moved = true;
    playground->tell_now |= was_playing || playground->has_moved;
    send_views(playground, now_us);
}

/*
 * The frames see a film that runs at the game's own speed and never backwards: each beat has the
 * next number and shows the newest moment, also while the match stands still, is slower or faster.
 * So their clocks run even, whatever is done to the match.
 */
static void send_views(struct playground *playground, int64_t now_us)
{
    const struct play_session *session = playground->session;
    if (!session->history)
        return;
    bool has_turns = play_session_manifest(session)->tick_hz == 0;
    if (has_turns && !playground->has_moved && !playground->tell_whole)
        return;
    playground->film_tick++;
    playground->has_moved = playground->tell_whole = false;
    for (uint32_t slot = 0; slot < session->match.player_count; slot++)
        if (playground->shown >> slot & 1 && session->seats[slot].is_connected)
            send_view(playground, slot, now_us);
    if (playground->shows_spectator)
        send_view(playground, PLAY_SPECTATOR, now_us);
}

static void send_view(struct playground *playground, uint32_t channel, int64_t now_us)
{
    const struct play_session *session = playground->session;
    uint8_t frame[PLAY_FRAME_BYTES] = {OP_STATE, (uint8_t)channel};
    uint32_t bytes = session->view_bytes[channel];
    uint32_t ack = channel == PLAY_SPECTATOR ? 0 : session->seats[channel].ack;
    if (bytes == 0)
        return;
    memcpy(frame + 2, &playground->film_tick, sizeof playground->film_tick);
    memcpy(frame + 6, &ack, sizeof ack);
    memcpy(frame + STATE_HEAD, play_session_view(session, channel), bytes);
    send_down(playground, channel, frame, STATE_HEAD + bytes, now_us);
}

/* --- frames on their way --- */

static void deliver(struct playground *playground, int64_t now_us)
{
    for (uint32_t slot = 0; slot < playground->session->match.player_count; slot++) {
        struct play_frame *frame;
        while ((frame = play_link_receive(&playground->up[slot], now_us))) {
            receive(playground, slot, frame->bytes, frame->count, now_us);
            free(frame);
        }
        while ((frame = play_link_receive(&playground->down[slot], now_us))) {
            play_server_send_frame(playground->server, frame->bytes, frame->count);
            free(frame);
        }
    }
}

/* A frame of the browser, docs/protocol.md, that has arrived. */
static void receive(struct playground *playground, uint32_t channel, const uint8_t *frame,
                    size_t bytes, int64_t now_us)
{
    struct play_session *session = playground->session;
    uint32_t seq;
    if (frame[0] == OP_INPUT && bytes >= INPUT_HEAD && channel != PLAY_SPECTATOR &&
        session->history) {
        memcpy(&seq, frame + 2, sizeof seq);
        uint32_t before = session->now.step;
        play_session_input(session, channel, seq, frame + INPUT_HEAD, (uint32_t)bytes - INPUT_HEAD);
        playground->has_moved |= session->now.step != before;
        playground->tell_now = true;
    } else if (frame[0] == OP_WHOLE) {
        playground->tell_whole = true;
    } else if (frame[0] == OP_PING && bytes == PING_BYTES) {
        uint8_t pong[PING_BYTES];
        memcpy(pong, frame, sizeof pong);
        pong[0] = OP_PONG;
        send_down(playground, channel, pong, sizeof pong, now_us);
    }
}

static void send_down(struct playground *playground, uint32_t channel, const uint8_t *frame,
                      uint32_t bytes, int64_t now_us)
{
    if (channel == PLAY_SPECTATOR)
        play_server_send_frame(playground->server, frame, bytes);
    else
        (void)play_link_send(&playground->down[channel], frame, bytes, now_us);
}

/* --- the source --- */

static void on_saved(void *context)
{
    struct playground *playground = context;
    struct play_changes changes = play_watch_read(playground->watch);
    if (changes.client) {
        play_reload_client(playground);
        play_page_tell(playground, false);
    }
    if (changes.source) {
        playground->is_settling = true;
        playground->settle_us = play_server_now_us() + SETTLE_US;
        plan_wake(playground, play_server_now_us());
    }
}

static void build_anew(struct playground *playground)
{
    if (playground->build.pid != 0) {
        playground->builds_again = true;
        return;
    }
    playground->build_began_us = play_server_now_us();
    if (!play_build_start(&playground->build, playground->folder) ||
        !play_server_watch(playground->server, playground->build.fd, on_build_output)) {
        playground->build_state = PLAY_NOT_BUILT;
        snprintf(playground->build_text, sizeof playground->build_text,
                 "The build cannot be started: %s", strerror(errno));
    } else {
        playground->build_state = PLAY_BUILDING;
    }
    playground->tell_build = true;
    play_page_tell(playground, false);
}

static void on_build_output(void *context)
{
    struct playground *playground = context;
    if (!play_build_read(&playground->build))
        return;
    play_server_forget(playground->server, playground->build.fd);
    playground->build_ms = (uint32_t)((play_server_now_us() - playground->build_began_us) / 1000);
    take_build(playground);
    playground->tell_build = playground->tell_now = true;
    play_page_tell(playground, false);
    if (playground->builds_again) {
        playground->builds_again = false;
        build_anew(playground);
    }
}

static void take_build(struct playground *playground)
{
    struct play_session *session = playground->session;
    struct play_build *build = &playground->build;
    char *text = playground->build_text;
    const struct play_image *before =
        session->image_count ? play_session_newest_image(session) : NULL;
    struct play_image *image = NULL;
    playground->build_state = PLAY_NOT_BUILT;
    snprintf(text, sizeof playground->build_text, "%s", build->output);
    if (build->status != COMMAND_FINE) {
        fprintf(stderr, "%s\n", text);
        return;
    }
    char sentence[PLAY_SENTENCE_BYTES];
    image = play_image_take(build->bundle, sentence);
    if (!image) {
        snprintf(text, sizeof playground->build_text, "%s", sentence);
        fprintf(stderr, "gamekit: %s\n", sentence);
        return;
    }
    playground->build_state = PLAY_BUILT;
    if (before && memcmp(before->sha, image->sha, sizeof image->sha) == 0 &&
        memcmp(before->json_sha, image->json_sha, sizeof image->json_sha) == 0 &&
        !*session->fault) {
        play_image_free(image);
        return;
    }
    snprintf(playground->places.id, sizeof playground->places.id, "%s", image->manifest.id);
    play_session_take_image(session, image);
    playground->tell_game = playground->tell_match = playground->has_moved = true;
    if (!session->history) {
        struct gk_match match;
        play_page_first_match(playground, &match);
        play_start(playground, &match);
    }
}
