/* The match as a file and back. What is written was computed again on the way, so that each hash in
 * the file is one that the rules give. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/hash.h"
#include "host/replay.h"
#include "tool/file.h"
#include "tool/play.h"

#define BUFFER_BYTES 65536
#define HASH_TICKS   60

static bool write_match(struct play_session *session, struct replay_writer *writer);
static void write_step(struct replay_writer *writer, const struct play_moment *before,
                       const struct play_step *step);
static struct replay_image image_of(const struct play_image *image);
static bool write_to_file(void *context, const uint8_t *bytes, size_t count);
static bool play_again(struct play_session *session, struct replay_reader *reader,
                       char ret_sentence[PLAY_SENTENCE_BYTES]);
static bool head_fits(const struct play_session *session, const struct replay_head *head,
                      char ret_sentence[PLAY_SENTENCE_BYTES]);

bool play_replay_save(struct play_session *session, const char *path,
                      char ret_sentence[PLAY_SENTENCE_BYTES])
{
    static uint8_t buffer[BUFFER_BYTES];
    static struct replay_writer writer;
    struct play_moment begin;
    struct play_sizes sizes;
    struct replay_head head = {.hash_ticks = HASH_TICKS, .match = session->match};
    if (play_history_first(session->history) != 0) {
        snprintf(ret_sentence, PLAY_SENTENCE_BYTES,
                 "The history no longer reaches back to the beginning of the match.");
        return false;
    }
    FILE *file = fopen(path, "wxe");
    if (!file) {
        snprintf(ret_sentence, PLAY_SENTENCE_BYTES, "%s: %s", path, strerror(errno));
        return false;
    }
    (void)play_history_find(session->history, 0, &begin, &sizes);
    const struct play_image *image = session->images[begin.image];
    head.image = image_of(image);
    memcpy(head.game, image->manifest.id, sizeof head.game);
    head.tick_hz = image->manifest.tick_hz;
    for (uint32_t slot = 0; slot < session->match.player_count; slot++)
        if (session->seats[slot].kind == PLAY_SEAT_BOT)
            head.seats[slot].bot_difficulty = (uint8_t)session->seats[slot].difficulty;
    replay_write_begin(&writer, buffer, sizeof buffer, write_to_file, file, &head);
    uint32_t stood_at = session->now.step;
    char fault[PLAY_FAULT_BYTES_MAX];
    memcpy(fault, session->fault, sizeof fault);
    bool fine = write_match(session, &writer);
    fine &= fclose(file) == 0;
    if (!fine) {
        snprintf(ret_sentence, PLAY_SENTENCE_BYTES, "%s could not be written whole. %s", path,
                 session->fault);
        remove(path);
    }
    /* A match that stands still before a fault still does. */
    if (play_session_go_to(session, stood_at))
        memcpy(session->fault, fault, sizeof fault);
    return fine;
}

bool play_replay_load(struct play_session *session, const char *path,
                      char ret_sentence[PLAY_SENTENCE_BYTES])
{
    static struct replay_reader reader;
    size_t count;
    uint8_t *bytes = file_read(path, REPLAY_BYTES_MAX, &count);
    if (!bytes) {
        snprintf(ret_sentence, PLAY_SENTENCE_BYTES, "%s cannot be read.", path);
        return false;
    }
    enum replay_refusal refusal = replay_read_begin(&reader, bytes, count);
    bool fine = refusal == REPLAY_FINE;
    if (!fine)
        snprintf(ret_sentence, PLAY_SENTENCE_BYTES, "%s: %s", replay_refusal_code(refusal),
                 reader.sentence);
    fine = fine && head_fits(session, &reader.head, ret_sentence);
    if (fine) {
        session->is_playing = false;
        fine = play_session_begin(session, &reader.head.match);
        if (!fine)
            snprintf(ret_sentence, PLAY_SENTENCE_BYTES, "%s", session->fault);
    }
    fine = fine && play_again(session, &reader, ret_sentence);
    free(bytes);
    if (session->history && fine)
        (void)play_session_go_to(session, 0);
    return fine;
}

static bool write_match(struct play_session *session, struct replay_writer *writer)
{
    static uint8_t inputs[GK_PLAYERS_MAX * GK_INPUT_BYTES_MAX];
    uint32_t newest = play_history_newest(session->history);
    bool fine = play_session_go_to(session, 0);
    while (fine && session->now.step < newest) {
        struct play_moment before = session->now;
        struct play_step step;
        play_history_read(session->history, before.step, inputs, &step);
        write_step(writer, &before, &step);
        fine = play_session_go_to(session, before.step + 1);
        bool is_swapped = fine && session->now.image != before.image; /* and so is the state */
        if (is_swapped) {
            const struct replay_image image = image_of(session->images[session->now.image]);
            replay_write_image(writer, &image);
        }
        if (is_swapped || (fine && step.ticks && replay_wants_hash(writer)))
            replay_write_hash(writer, play_session_hash(session));
    }
    bool is_over = play_session_is_over(session);
    return replay_write_end(writer, play_session_hash(session),
                            is_over ? &session->result : NULL) &&
           fine;
}

static void write_step(struct replay_writer *writer, const struct play_moment *before,
                       const struct play_step *step)
{
    uint64_t changed = (before->joined ^ step->joined) | (before->left ^ step->left);
    for (uint64_t rest = changed; rest; rest &= rest - 1) {
        uint32_t slot = (uint32_t)__builtin_ctzll(rest);
        if (step->joined >> slot & 1)
            replay_write_join(writer, slot);
        else
            replay_write_leave(writer, slot,
                               step->left >> slot & 1 ? GK_LEAVE_LEFT : GK_LEAVE_DISCONNECTED);
    }
    if (step->ticks)
        replay_write_tick(writer,
                          &(struct gk_inputs){.present = step->present, .bytes = step->inputs});
    else
        replay_write_meet(writer);
}

static struct replay_image image_of(const struct play_image *image)
{
    const struct gk_manifest *manifest = &image->manifest;
    struct replay_image written = {.abi_major = manifest->abi_major,
                                   .abi_minor = manifest->abi_minor,
                                   .state_schema = manifest->state_schema,
                                   .state_bytes = manifest->state_bytes,
                                   .input_bytes = manifest->input_bytes};
    memcpy(written.sha, image->sha, sizeof written.sha);
    memcpy(written.version, manifest->version, sizeof written.version);
    return written;
}

static bool write_to_file(void *context, const uint8_t *bytes, size_t count)
{
    return fwrite(bytes, 1, count, context) == count;
}

/* With the newest build from the first step to the last, whoever recorded it. */
static bool play_again(struct play_session *session, struct replay_reader *reader,
                       char ret_sentence[PLAY_SENTENCE_BYTES])
{
    struct replay_record record;
    struct play_step step = {0};
    enum replay_refusal refusal;
    bool is_same = true;
    char note[PLAY_SENTENCE_BYTES];
    while ((refusal = replay_read_next(reader, &record)) == REPLAY_FINE) {
        step.joined = reader->joined;
        step.left = reader->left;
        if (record.type == REPLAY_TICK || record.type == REPLAY_MEET) {
            step.ticks = record.type == REPLAY_TICK;
            step.present = step.ticks ? record.inputs.present : 0;
            step.inputs = step.ticks ? record.inputs.bytes : reader->given;
            uint32_t times = step.ticks ? record.ticks : 1;
            while (times > 0 && play_session_step_as(session, &step))
                times--;
            if (times > 0) {
                snprintf(ret_sentence, PLAY_SENTENCE_BYTES, "It stops at step %u: %s",
                         session->now.step,
                         *session->fault ? session->fault : "there the match is over.");
                return false;
            }
        } else if (record.type == REPLAY_IMAGE &&
                   record.image.input_bytes !=
                       play_session_newest_image(session)->manifest.input_bytes) {
            snprintf(ret_sentence, PLAY_SENTENCE_BYTES,
                     "It stops at step %u: there a version with other inputs takes over.",
                     session->now.step);
            return false;
        } else if (is_same && (record.type == REPLAY_HASH || record.type == REPLAY_END) &&
                   record.hash != play_session_hash(session)) {
            is_same = false;
            snprintf(note, sizeof note,
                     "Replay: from tick %u at the latest these rules play another match than the "
                     "one that was recorded.",
                     session->now.tick);
            play_session_note(session, note);
        }
    }
    if (refusal != REPLAY_UNFINISHED) {
        snprintf(ret_sentence, PLAY_SENTENCE_BYTES, "%s: %s", replay_refusal_code(refusal),
                 reader->sentence);
        return false;
    }
    if (is_same)
        play_session_note(session, "Replay: every state is the one that was recorded.");
    return true;
}

static bool head_fits(const struct play_session *session, const struct replay_head *head,
                      char ret_sentence[PLAY_SENTENCE_BYTES])
{
    const struct gk_manifest *manifest = &play_session_newest_image(session)->manifest;
    if (strncmp(head->game, manifest->id, sizeof head->game) != 0)
        snprintf(ret_sentence, PLAY_SENTENCE_BYTES, "It is a replay of another game, %.32s.",
                 head->game);
    else if (!run_match_fits(manifest, &head->match))
        snprintf(ret_sentence, PLAY_SENTENCE_BYTES,
                 "The game has no such mode any more, or not for so many players.");
    else if (head->image.input_bytes != manifest->input_bytes)
        snprintf(ret_sentence, PLAY_SENTENCE_BYTES,
                 "Its inputs have %u bytes, those of the game now have %u.",
                 head->image.input_bytes, manifest->input_bytes);
    else
        return true;
    return false;
}
