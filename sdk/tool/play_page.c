/*
 * What the page says and is told: JSON objects whose "t" says what they are. The page keeps nothing
 * that it has not been told, so a reload shows the same match.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "tool/play.h"

#define TELL_US_MIN     66000 /* between two that follow the match */
#define REPLAYS_MAX     200
#define REPLAY_ENDING   ".gkreplay"
#define REPLAY_NAME_MAX 128

typedef void wish(struct playground *playground, const json_t *message); /* of the page */

static wish wish_start, wish_seat, wish_presence, wish_link, wish_play, wish_pause, wish_step,
    wish_speed, wish_go_to, wish_go_on, wish_try_again, wish_show, wish_save, wish_load,
    wish_reload;
static void send(struct playground *playground, json_t *message);
static void tell_game(struct playground *playground);
static void tell_match(struct playground *playground);
static void tell_seats(struct playground *playground);
static void tell_build(struct playground *playground);
static void tell_now(struct playground *playground);
static void tell_log(struct playground *playground);
static void tell_replays(struct playground *playground);
static json_t *modes_of(const struct gk_manifest *manifest);
static json_t *result_of(const struct play_session *session);
static json_t *standing_of(const struct play_session *session, uint32_t slot);
static json_t *text_of(const char *bytes, size_t count);
static json_t *parsed(const char *text);
static bool slot_of(struct playground *playground, const json_t *message, uint32_t *ret_slot);
static int64_t number_of(const json_t *message, const char *name, int64_t min, int64_t max);
static bool kind_of(const json_t *message, enum play_seat_kind *ret_kind);
static bool replay_path(const struct playground *playground, const char *name,
                        char ret_path[PATH_MAX]);

static const char *const kinds[] = {
    [PLAY_SEAT_EMPTY] = "empty", [PLAY_SEAT_ME] = "me", [PLAY_SEAT_BOT] = "bot"};

static const struct {
    const char *type;
    wish *run;
    bool needs_match;
} wishes[] = {
    {"start", wish_start, false},       {"seat", wish_seat, true},
    {"presence", wish_presence, true},  {"link", wish_link, true},
    {"play", wish_play, true},          {"pause", wish_pause, true},
    {"step", wish_step, true},          {"speed", wish_speed, true},
    {"goTo", wish_go_to, true},         {"goOn", wish_go_on, true},
    {"tryAgain", wish_try_again, true}, {"show", wish_show, true},
    {"save", wish_save, true},          {"load", wish_load, false},
    {"reload", wish_reload, false},
};

/* --- what the page says --- */

void play_page_hear(struct playground *playground, const char *message, size_t bytes)
{
    json_t *said = json_loadb(message, bytes, JSON_REJECT_DUPLICATES, NULL);
    const char *type = json_string_value(json_object_get(said, "t"));
    bool is_known = false;
    for (size_t i = 0; type && i < sizeof wishes / sizeof wishes[0]; i++) {
        if (strcmp(type, wishes[i].type) != 0)
            continue;
        is_known = true;
        if (playground->session->history || !wishes[i].needs_match)
            wishes[i].run(playground, said);
        else
            play_page_say(playground, "error", "There is no match yet.");
    }
    if (!is_known)
        play_page_say(playground, "error", "The playground does not understand its page.");
    json_decref(said);
    playground->tell_now = true;
    play_page_tell(playground, false);
}

/* {mode, players, seed, options: {id: value}} */
static void wish_start(struct playground *playground, const json_t *message)
{
    struct play_session *session = playground->session;
    struct game_options_complaint complaint;
    char sentence[PLAY_SENTENCE_BYTES];
    if (session->image_count == 0) {
        play_page_say(playground, "error", "Nothing has been built yet.");
        return;
    }
    const struct play_image *image = play_session_newest_image(session);
    const char *seed = json_string_value(json_object_get(message, "seed"));
    struct gk_match match = {
        .seed = seed ? strtoull(seed, NULL, 10) : 0,
        .mode = (uint32_t)number_of(message, "mode", 0, image->manifest.mode_count - 1),
    };
    const struct gk_mode *mode = &image->manifest.modes[match.mode];
    match.player_count =
        (uint32_t)number_of(message, "players", mode->players_min, mode->players_max);
    if (!game_options_choose(&image->json.declared, json_object_get(message, "options"),
                             match.options, &complaint)) {
        snprintf(sentence, sizeof sentence, "%s: %s", complaint.field, complaint.sentence);
        play_page_say(playground, "error", sentence);
        return;
    }
    play_start(playground, &match);
}

/* {slot, kind, difficulty} */
static void wish_seat(struct playground *playground, const json_t *message)
{
    uint32_t slot;
    enum play_seat_kind kind;
    if (!slot_of(playground, message, &slot) || !kind_of(message, &kind))
        return;
    play_session_seat(playground->session, slot, kind,
                      (uint32_t)number_of(message, "difficulty", 1, PLAY_DIFFICULTY_MAX));
    playground->tell_seats = true;
}

/* {slot, what: "connect" | "disconnect" | "leave"} */
static void wish_presence(struct playground *playground, const json_t *message)
{
    uint32_t slot;
    const char *what = json_string_value(json_object_get(message, "what"));
    if (!what || !slot_of(playground, message, &slot))
        return;
    play_link_clear(&playground->up[slot]);
    play_link_clear(&playground->down[slot]);
    if (strcmp(what, "connect") == 0)
        play_session_connect(playground->session, slot);
    else if (strcmp(what, "disconnect") == 0)
        play_session_leave(playground->session, slot, GK_LEAVE_DISCONNECTED);
    else if (strcmp(what, "leave") == 0)
        play_session_leave(playground->session, slot, GK_LEAVE_LEFT);
    playground->tell_seats = true;
}

/* {slot, latency, jitter, loss} */
static void wish_link(struct playground *playground, const json_t *message)
{
    uint32_t slot;
    if (!slot_of(playground, message, &slot))
        return;
    const struct play_quality quality = {
        (uint32_t)number_of(message, "latency", 0, PLAY_LINK_LATENCY_MAX),
        (uint32_t)number_of(message, "jitter", 0, PLAY_LINK_JITTER_MAX),
        (uint32_t)number_of(message, "loss", 0, PLAY_LINK_LOSS_MAX),
    };
    playground->up[slot].quality = playground->down[slot].quality = quality;
    playground->tell_seats = true;
}

static void wish_play(struct playground *playground, const json_t *message)
{
    (void)message;
    struct play_session *session = playground->session;
    session->is_playing = !play_session_is_over(session);
}

static void wish_pause(struct playground *playground, const json_t *message)
{
    (void)message;
    playground->session->is_playing = false;
}

static void wish_step(struct playground *playground, const json_t *message)
{
    (void)message;
    playground->session->is_playing = false;
    playground->has_moved |= play_session_step(playground->session);
}

static void wish_speed(struct playground *playground, const json_t *message)
{
    double speed = json_number_value(json_object_get(message, "speed"));
    if (speed >= PLAY_SPEED_MIN && speed <= PLAY_SPEED_MAX)
        playground->session->speed = speed;
}

/* {step} */
static void wish_go_to(struct playground *playground, const json_t *message)
{
    struct play_session *session = playground->session;
    session->is_playing = false;
    int64_t step = number_of(message, "step", play_history_first(session->history),
                             play_history_newest(session->history));
    playground->has_moved |= play_session_go_to(session, (uint32_t)step);
}

static void wish_go_on(struct playground *playground, const json_t *message)
{
    (void)message;
    play_session_go_on(playground->session);
    playground->session->is_playing = true;
    playground->has_moved = true;
    playground->tell_seats = true;
}

static void wish_try_again(struct playground *playground, const json_t *message)
{
    (void)message;
    play_session_try_again(playground->session);
}

/* {slots: [n, ...], spectator: bool}: whose views the page shows. */
static void wish_show(struct playground *playground, const json_t *message)
{
    const json_t *slots = json_object_get(message, "slots"), *slot;
    size_t index;
    playground->shown = 0;
    json_array_foreach(slots, index, slot)
    {
        json_int_t number = json_integer_value(slot);
        if (json_is_integer(slot) && number >= 0 && number < GK_PLAYERS_MAX)
            playground->shown |= 1ull << number;
    }
    playground->shows_spectator = json_is_true(json_object_get(message, "spectator"));
    playground->tell_whole = true;
}

static void wish_save(struct playground *playground, const json_t *message)
{
    (void)message;
    char path[PATH_MAX], sentence[PLAY_SENTENCE_BYTES], name[REPLAY_NAME_MAX];
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    strftime(name, sizeof name, "%Y-%m-%d-%H%M%S" REPLAY_ENDING, &local);
    snprintf(path, sizeof path, "%s/replays", playground->folder);
    mkdir(path, 0777);
    if (!replay_path(playground, name, path))
        return;
    bool is_saved = play_replay_save(playground->session, path, sentence);
    play_page_say(playground, is_saved ? "saved" : "error", is_saved ? path : sentence);
    tell_replays(playground);
}

/* {name} */
static void wish_load(struct playground *playground, const json_t *message)
{
    char path[PATH_MAX], sentence[PLAY_SENTENCE_BYTES];
    const char *name = json_string_value(json_object_get(message, "name"));
    if (!name || !replay_path(playground, name, path) || playground->session->image_count == 0)
        return;
    if (!play_replay_load(playground->session, path, sentence))
        play_page_say(playground, "error", sentence);
    playground->match_number++;
    playground->has_moved = playground->tell_match = playground->tell_seats = true;
}

static void wish_reload(struct playground *playground, const json_t *message)
{
    (void)message;
    play_reload_client(playground);
}

/* --- what it is told --- */

void play_page_tell(struct playground *playground, bool all)
{
    if (!playground->has_page)
        return;
    if (playground->tell_build || all)
        tell_build(playground);
    if (playground->session->image_count > 0 && (playground->tell_game || all))
        tell_game(playground);
    if (playground->session->history) {
        if (playground->tell_match || all)
            tell_match(playground);
        if (playground->tell_seats || all)
            tell_seats(playground);
        if (playground->tell_now || all)
            tell_now(playground);
    }
    if (all)
        tell_replays(playground);
    if (playground->told_log != playground->session->log_written)
        tell_log(playground);
    playground->tell_game = playground->tell_match = playground->tell_seats = false;
    playground->tell_build = playground->tell_now = false;
}

void play_page_tell_changes(struct playground *playground, int64_t now_us)
{
    if (now_us - playground->told_us < TELL_US_MIN)
        return;
    if (playground->tell_now || playground->session->is_playing)
        playground->tell_now = true;
    play_page_tell(playground, false);
}

void play_page_say(struct playground *playground, const char *type, const char *text)
{
    send(playground, json_pack("{s:s, s:o}", "t", type, "text", text_of(text, strlen(text))));
}

void play_page_first_match(struct playground *playground, struct gk_match *ret_match)
{
    const struct play_image *image = play_session_newest_image(playground->session);
    struct game_options_complaint complaint;
    *ret_match = (struct gk_match){.seed = 1, .player_count = image->manifest.modes[0].players_min};
    (void)game_options_choose(&image->json.declared, NULL, ret_match->options, &complaint);
}

static void send(struct playground *playground, json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT);
    if (text)
        play_server_send_text(playground->server, text, strlen(text));
    free(text);
    json_decref(message);
}

static void tell_game(struct playground *playground)
{
    const struct play_image *image = play_session_newest_image(playground->session);
    const struct gk_manifest *manifest = &image->manifest;
    send(playground,
         json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:o, "
                   "s:s}",
                   "t", "game", "folder", playground->folder, "id", manifest->id, "title",
                   manifest->title, "version", manifest->version, "tickHz", manifest->tick_hz,
                   "turnSeconds", manifest->turn_seconds, "schema", manifest->state_schema,
                   "stateBytes", manifest->state_bytes, "inputBytes", manifest->input_bytes,
                   "viewBytesMax", manifest->view_bytes_max, "modes", modes_of(manifest), "texts",
                   parsed(image->json.texts), "input", parsed(image->json.input), "options",
                   parsed(image->json.options), "icon", image->json.icon));
}

static void tell_match(struct playground *playground)
{
    const struct play_session *session = playground->session;
    const struct gk_match *match = &session->match;
    const struct play_image *image = session->images[session->now.image];
    char seed[32], version[PLAY_VERSION_BYTES];
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)match->seed);
    snprintf(version, sizeof version, "%s%08x", playground->places.secret,
             playground->files_version);
    send(playground, json_pack("{s:s, s:i, s:s, s:i, s:i, s:s, s:o}", "t", "match", "number",
                               playground->match_number, "files", version, "mode", match->mode,
                               "players", match->player_count, "seed", seed, "options",
                               game_options_tell(&image->json.declared, match->options)));
}

static void tell_seats(struct playground *playground)
{
    const struct play_session *session = playground->session;
    json_t *seats = json_array();
    for (uint32_t slot = 0; slot < session->match.player_count; slot++) {
        const struct play_seat *seat = &session->seats[slot];
        const struct play_quality *quality = &playground->up[slot].quality;
        const struct gk_mode *mode = &play_session_manifest(session)->modes[session->match.mode];
        json_array_append_new(
            seats, json_pack("{s:s, s:i, s:b, s:b, s:i, s:i, s:i, s:i}", "kind", kinds[seat->kind],
                             "difficulty", seat->difficulty, "connected", seat->is_connected,
                             "leaving", seat->is_leaving, "team",
                             mode->teams ? slot % mode->teams : 0, "latency", quality->latency_ms,
                             "jitter", quality->jitter_ms, "loss", quality->loss_percent));
    }
    send(playground, json_pack("{s:s, s:o}", "t", "seats", "seats", seats));
}

static void tell_build(struct playground *playground)
{
    static const char *const states[] = {
        [PLAY_BUILDING] = "building", [PLAY_BUILT] = "built", [PLAY_NOT_BUILT] = "failed"};
    send(playground,
         json_pack("{s:s, s:s, s:s, s:i, s:o}", "t", "build", "folder", playground->folder, "state",
                   states[playground->build_state], "ms", playground->build_ms, "text",
                   text_of(playground->build_text, strlen(playground->build_text))));
}

/* Where the match stands. */
static void tell_now(struct playground *playground)
{
    struct play_session *session = playground->session;
    static char explained[PLAY_EXPLAIN_BYTES];
    play_session_explain(session, explained);
    char hash[17];
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)play_session_hash(session));
    json_t *seats = json_array();
    for (uint32_t slot = 0; slot < session->match.player_count; slot++)
        json_array_append_new(seats, standing_of(session, slot));
    double measured = session->measured ? (double)session->measured : 1;
    int64_t now_us = play_server_now_us();
    double passed_s = (double)(now_us - playground->told_us) / 1e6;
    double steps_s = passed_s > 0 && session->steps_done >= playground->told_steps
                         ? (double)(session->steps_done - playground->told_steps) / passed_s
                         : 0;
    playground->told_us = now_us;
    playground->told_steps = session->steps_done;
    send(playground,
         json_pack("{s:s, s:i, s:i, s:i, s:i, s:b, s:b, s:b, s:f, s:s, s:o, s:o, s:o, s:i, s:s, "
                   "s:o, s:f, s:f, s:f, s:I, s:I, s:i, s:i}",
                   "t", "now", "step", session->now.step, "tick", session->now.tick, "first",
                   play_history_first(session->history), "newest",
                   play_history_newest(session->history), "playing", session->is_playing, "live",
                   play_session_is_live(session), "over", play_session_is_over(session), "speed",
                   session->speed, "hash", hash, "explain", text_of(explained, strlen(explained)),
                   "result", result_of(session), "fault",
                   text_of(session->fault, strlen(session->fault)), "faultStep",
                   session->fault_step, "swapRefused", session->swap_refused, "seats", seats,
                   "stepUs", (double)session->step_ns / measured / 1000, "viewsUs",
                   (double)session->views_ns / measured / 1000, "stepsPerSecond", steps_s,
                   "historyBytes", (json_int_t)play_history_bytes(session->history), "historyMax",
                   (json_int_t)PLAY_HISTORY_BYTES_MAX, "spectatorBytes",
                   session->view_bytes[PLAY_SPECTATOR], "runner",
                   session->runner ? (int)session->runner->pid : 0));
}

static void tell_log(struct playground *playground)
{
    const struct play_session *session = playground->session;
    uint32_t at = playground->told_log;
    if (session->log_written - at > PLAY_LOG_KEPT)
        at = session->log_written - PLAY_LOG_KEPT;
    json_t *lines = json_array();
    for (; at < session->log_written; at++) {
        const struct play_log_entry *entry = &session->log[at % PLAY_LOG_KEPT];
        json_array_append_new(lines, json_pack("{s:i, s:i, s:o}", "step", entry->step, "level",
                                               entry->line.level, "text",
                                               text_of(entry->line.text, entry->line.bytes)));
    }
    playground->told_log = session->log_written;
    send(playground, json_pack("{s:s, s:o}", "t", "log", "lines", lines));
}

static void tell_replays(struct playground *playground)
{
    char path[PATH_MAX];
    json_t *names = json_array();
    snprintf(path, sizeof path, "%s/replays", playground->folder);
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort);
    for (int i = count - 1; i >= 0; i--) {
        if (replay_path(playground, entries[i]->d_name, path) &&
            json_array_size(names) < REPLAYS_MAX)
            json_array_append_new(names, json_string(entries[i]->d_name));
        free(entries[i]);
    }
    free(entries);
    send(playground, json_pack("{s:s, s:o}", "t", "replays", "names", names));
}

static json_t *modes_of(const struct gk_manifest *manifest)
{
    json_t *modes = json_array();
    for (uint32_t i = 0; i < manifest->mode_count; i++)
        json_array_append_new(modes, json_pack("{s:s, s:i, s:i, s:i}", "id", manifest->modes[i].id,
                                               "playersMin", manifest->modes[i].players_min,
                                               "playersMax", manifest->modes[i].players_max,
                                               "teams", manifest->modes[i].teams));
    return modes;
}

static json_t *result_of(const struct play_session *session)
{
    static const char *const outcomes[] = {NULL, "win", "loss", "draw"};
    if (!play_session_is_over(session))
        return json_null();
    json_t *players = json_array();
    for (uint32_t slot = 0; slot < session->match.player_count; slot++)
        json_array_append_new(players,
                              json_pack("{s:i, s:i, s:s?, s:b}", "score",
                                        session->result.players[slot].score, "place",
                                        session->result.players[slot].place, "outcome",
                                        outcomes[session->result.players[slot].outcome & 3],
                                        "forfeit", session->result.players[slot].forfeit));
    return json_pack("{s:s, s:o}", "reason", session->result.reason == 1 ? "forfeit" : "finished",
                     "players", players);
}

static json_t *standing_of(const struct play_session *session, uint32_t slot)
{
    const struct play_seat *seat = &session->seats[slot];
    return json_pack("{s:b, s:b, s:i, s:I, s:I, s:i}", "joined",
                     (int)(session->now.joined >> slot & 1), "left",
                     (int)(session->now.left >> slot & 1), "viewBytes", session->view_bytes[slot],
                     "viewBytesTotal", (json_int_t)seat->view_bytes, "inputBytesTotal",
                     (json_int_t)seat->input_bytes, "refused", seat->inputs_refused);
}

/* What is no UTF-8 has a "?" for each byte that is no ASCII. */
static json_t *text_of(const char *bytes, size_t count)
{
    json_t *text = json_stringn(bytes, count);
    if (text)
        return text;
    char *plain = malloc(count + 1);
    if (!plain)
        return json_string("");
    for (size_t i = 0; i < count; i++)
        plain[i] = bytes[i] > 0 ? bytes[i] : '?';
    text = json_stringn(plain, count);
    free(plain);
    return text;
}

static json_t *parsed(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    return value ? value : json_null();
}

static bool slot_of(struct playground *playground, const json_t *message, uint32_t *ret_slot)
{
    const json_t *slot = json_object_get(message, "slot");
    json_int_t number = json_integer_value(slot);
    if (!json_is_integer(slot) || number < 0 ||
        number >= (json_int_t)playground->session->match.player_count)
        return false;
    *ret_slot = (uint32_t)number;
    return true;
}

/* Bent into its range: a page of ours keeps to it. */
static int64_t number_of(const json_t *message, const char *name, int64_t min, int64_t max)
{
    int64_t number = json_integer_value(json_object_get(message, name));
    return number < min ? min : number > max ? max : number;
}

static bool kind_of(const json_t *message, enum play_seat_kind *ret_kind)
{
    const char *kind = json_string_value(json_object_get(message, "kind"));
    for (size_t i = 0; kind && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kind, kinds[i]) == 0) {
            *ret_kind = (enum play_seat_kind)i;
            return true;
        }
    return false;
}

/* Of a plain name with our ending, in FOLDER/replays. */
static bool replay_path(const struct playground *playground, const char *name,
                        char ret_path[PATH_MAX])
{
    size_t length = strlen(name), ending = strlen(REPLAY_ENDING);
    return length > ending && length < REPLAY_NAME_MAX && name[0] != '.' && !strchr(name, '/') &&
           strcmp(name + length - ending, REPLAY_ENDING) == 0 &&
           snprintf(ret_path, PATH_MAX, "%s/replays/%s", playground->folder, name) < PATH_MAX;
}
