/*
 * The loop copies a journal's bytes, the thread judges them, entry by entry, and writes the file.
 * Each entry says to which commit it led: commit n + 2 is the step behind n steps of the file, so
 * that a file goes on after a restart exactly where it was left, and a gap is always seen.
 */
#include "games/records.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "games/bundle_store.h"
#include "games/record_file.h"
#include "games/state.h"
#include "service/background.h"

/* The version of a game that plays. */
struct record_image {
    uint8_t image[8]; /* as arena_entry.image */
    struct replay_image replay;
};

/* What happens to a match between two entries of its journal. */
struct note {
    struct note *next; /* owned */
    size_t at;         /* bytes of `waiting` come before it */
    enum { NOTE_BACK, NOTE_SEAT } kind;
    uint64_t commit, journaled; /* see record_back */
    uint32_t slot;
    struct replay_seat seat;
};

struct record {
    struct records *records; /* borrowed */
    struct record *next;     /* owned */
    struct id match;

    /* The loop's. */
    uint64_t read_at;      /* bytes of the journal */
    uint8_t image_seen[8]; /* see arena_entry.image */
    _Atomic uint64_t kept; /* of the journal, in the file; written under the lock */

    /* Under the lock. */
    uint8_t *waiting; /* owned: whole entries */
    size_t waiting_count;
    struct note *notes, **last_note; /* owned, in order; where the next one goes */
    struct record_image image;       /* that plays now */
    const char *lost;                /* why there is no replay; NULL: there will be */
    bool is_over;
    struct match_result over;

    /* The thread's. */
    struct record_image plays; /* as `image` was when it looked */
    struct record_file file;
};

struct records {
    struct service_context *context; /* borrowed */
    struct background *background;
    char folder[CONFIG_TEXT_BYTES + 16];
    pthread_mutex_t lock;
    struct record *first; /* owned, under the lock; only the thread takes one out */
    _Atomic bool may_sweep;
    int64_t swept_ms;
    uint8_t journal[ARENA_JOURNAL_BYTES_MAX]; /* the loop's */
};

static void step(struct service_context *context, int64_t now_unix_ms);
static void write_record(struct record *record);
static struct record *record_add(struct records *records, const struct image *image,
                                 const struct control_match_start *start);
static void image_of(const struct image *image, struct record_image *ret_image);
static bool find_image(void *context, const uint8_t image[8], struct replay_image *ret_image);
static void seat_of(const struct control_slot *slot, struct replay_seat *ret_seat);
static struct note *note_add(struct record *record);
static void notes_free(struct note *notes);
static const char *write_waiting(struct record *record, const uint8_t *bytes, size_t count,
                                 const struct note *notes, uint64_t *kept);
static void wait_more(struct record *record, const uint8_t *bytes, size_t count);
static void lose(struct record *record, const char *why);
static void sweep(struct records *records, int64_t now_unix_ms);
static void close_left(struct records *records, const char *path, const char *name);
static void remove_old(struct records *records, int64_t now_unix_ms);
static uint64_t remove_over(const char *path, uint64_t bytes_max, uint64_t bytes);
static uint64_t bytes_of(const char *path);
static int choose_files(const struct dirent *entry);
static bool is_named(const char *name, const char *suffix);

enum error records_create(struct service_context *context, struct records **ret_records)
{
    struct records *records = calloc(1, sizeof *records);
    if (!records)
        return ERROR_INTERNAL;
    records->context = context;
    pthread_mutex_init(&records->lock, NULL);
    snprintf(records->folder, sizeof records->folder, "%s/replays", context->settings->data_dir);
    *ret_records = records; /* the steps find it through the service's state */
    if ((mkdir(records->folder, 0700) == 0 || errno == EEXIST) &&
        background_start(context, step, RECORDS_STEP_MS, &records->background) == OK)
        return OK;
    log_error("cannot make the folder of the replays", "folder", records->folder, "reason",
              strerror(errno), NULL);
    *ret_records = NULL;
    pthread_mutex_destroy(&records->lock);
    free(records);
    return ERROR_UNAVAILABLE;
}

void records_destroy(struct records *records)
{
    if (!records)
        return;
    background_stop(records->background);
    step(records->context, clock_unix_ms());
    while (records->first) { /* whoever goes on with the matches goes on with their files */
        struct record *record = records->first;
        records->first = record->next;
        if (record->file.fd >= 0)
            close(record->file.fd);
        notes_free(record->notes);
        free(record->waiting);
        free(record);
    }
    pthread_mutex_destroy(&records->lock);
    free(records);
}

void records_sweep(struct records *records)
{
    atomic_store(&records->may_sweep, true);
}

struct record *record_begin(struct records *records, const struct image *image,
                            const struct control_match_start *start)
{
    return record_add(records, image, start);
}

struct record *record_resume(struct records *records, const struct image *image,
                             const struct control_match_start *start,
                             const struct arena_match *match)
{
    struct record *record = record_add(records, image, start);
    if (record) {
        record->file.is_resumed = true;
        record->file.resumed_at = atomic_load(&match->commits);
        record->read_at = match->journal_kept;
        atomic_store(&record->kept, match->journal_kept);
    }
    return record;
}

void record_look(struct record *record, const struct image *image, const struct arena_head *sizes,
                 struct arena_match *match)
{
    if (!record)
        return;
    struct records *records = record->records;
    int64_t count = arena_journal_read(sizes, match, record->read_at, records->journal);
    match->journal_kept = atomic_load(&record->kept);
    if (count == 0)
        return;
    pthread_mutex_lock(&records->lock);
    if (memcmp(record->image_seen, image->sha, sizeof record->image_seen) != 0) {
        memcpy(record->image_seen, image->sha, sizeof record->image_seen);
        image_of(image, &record->image);
    }
    if (count == ARENA_JOURNAL_LOST)
        lose(record, "its journal was written over before it was read, or went back");
    else
        wait_more(record, records->journal, (size_t)count);
    pthread_mutex_unlock(&records->lock);
    record->read_at += count > 0 ? (uint64_t)count : 0;
}

/* A process that takes the match up later finds in the arena how much is in the file: no more than
 * what stays, from now on. */
void record_back(struct record *record, uint64_t commit, uint64_t journaled)
{
    if (!record)
        return;
    struct records *records = record->records;
    if (commit != 0 && journaled >= record->read_at)
        return; /* what is cut off was never looked at */
    pthread_mutex_lock(&records->lock);
    struct note *note = commit != 0 ? note_add(record) : NULL;
    if (note) {
        note->kind = NOTE_BACK;
        note->commit = commit;
        note->journaled = journaled;
        if (atomic_load(&record->kept) > journaled)
            atomic_store(&record->kept, journaled);
    } else {
        lose(record, commit != 0 ? "there is no memory" : "it begins anew");
    }
    pthread_mutex_unlock(&records->lock);
    record->read_at = journaled;
}

void record_seat(struct record *record, uint32_t slot, const struct control_slot *seat)
{
    if (!record)
        return;
    struct records *records = record->records;
    pthread_mutex_lock(&records->lock);
    struct note *note = note_add(record);
    if (note) {
        note->kind = NOTE_SEAT;
        note->slot = slot;
        seat_of(seat, &note->seat);
    }
    pthread_mutex_unlock(&records->lock);
}

void record_end(struct record *record, const struct match_result *over)
{
    if (!record)
        return;
    struct records *records = record->records;
    pthread_mutex_lock(&records->lock);
    record->over = *over;
    record->is_over = true;
    pthread_mutex_unlock(&records->lock);
    background_wake(records->background);
}

bool record_find(const char *data_dir, const struct id *match, char ret_path[RECORD_PATH_BYTES])
{
    char path[RECORD_FILE_PATH_BYTES], folder[CONFIG_TEXT_BYTES + 16];
    snprintf(folder, sizeof folder, "%s/replays", data_dir);
    record_file_path(folder, match, RECORD_SUFFIX, path);
    snprintf(ret_path, RECORD_PATH_BYTES, "%s", path + strlen(folder) + 1);
    return access(path, R_OK) == 0;
}

bool record_is_open(const char *data_dir, const struct id *match)
{
    char path[RECORD_FILE_PATH_BYTES], folder[CONFIG_TEXT_BYTES + 16];
    snprintf(folder, sizeof folder, "%s/replays", data_dir);
    record_file_path(folder, match, RECORD_SUFFIX_PART, path);
    return access(path, R_OK) == 0;
}

static struct record *record_add(struct records *records, const struct image *image,
                                 const struct control_match_start *start)
{
    const struct gk_manifest *manifest = &image->manifest;
    struct record *record = calloc(1, sizeof *record);
    if (!record) {
        log_error("no memory for the replay of a match; it has none", NULL);
        return NULL;
    }
    record->records = records;
    memcpy(record->match.bytes, start->match, sizeof record->match.bytes);
    memcpy(record->image_seen, image->sha, sizeof record->image_seen);
    image_of(image, &record->image);
    record->last_note = &record->notes;

    struct replay_head *head = &record->file.head;
    *head = (struct replay_head){
        .image = record->image.replay,
        .tick_hz = manifest->tick_hz,
        .hash_ticks = ARENA_JOURNAL_TICKS,
        .match = {.seed = start->seed, .mode = start->mode, .player_count = start->slot_count}};
    memcpy(head->game, manifest->id, sizeof head->game);
    memcpy(head->match.options, start->options, sizeof head->match.options);
    for (uint32_t slot = 0; slot < start->slot_count && slot < GK_PLAYERS_MAX; slot++)
        seat_of(&start->slots[slot], &head->seats[slot]);
    record->file.find_image = find_image;
    record->file.context = record;
    record->file.fd = -1;
    record->file.bytes_max = (uint64_t)records->context->settings->replay_bytes_max;
    record_file_path(records->folder, &record->match, RECORD_SUFFIX_PART, record->file.path);

    pthread_mutex_lock(&records->lock);
    record->next = records->first;
    records->first = record;
    pthread_mutex_unlock(&records->lock);
    return record;
}

static void image_of(const struct image *image, struct record_image *ret_image)
{
    const struct gk_manifest *manifest = &image->manifest;
    *ret_image = (struct record_image){.replay = {.abi_major = manifest->abi_major,
                                                  .abi_minor = manifest->abi_minor,
                                                  .state_schema = manifest->state_schema,
                                                  .state_bytes = manifest->state_bytes,
                                                  .input_bytes = manifest->input_bytes}};
    memcpy(ret_image->image, image->sha, sizeof ret_image->image);
    memcpy(ret_image->replay.sha, image->game_sha, sizeof ret_image->replay.sha);
    memcpy(ret_image->replay.version, manifest->version, sizeof ret_image->replay.version);
}

/* On the thread. What played before, and is read only now, is in the store. */
static bool find_image(void *context, const uint8_t image[8], struct replay_image *ret_image)
{
    const struct record *record = context;
    struct image *stored;
    if (memcmp(record->plays.image, image, sizeof record->plays.image) == 0) {
        *ret_image = record->plays.replay;
        return true;
    }
    const struct settings *settings = record->records->context->settings;
    if (bundle_load_by(settings->data_dir, image, sizeof record->plays.image, &stored) != OK)
        return false;
    struct record_image found;
    image_of(stored, &found);
    image_release(stored);
    *ret_image = found.replay;
    return true;
}

static void seat_of(const struct control_slot *slot, struct replay_seat *ret_seat)
{
    *ret_seat = (struct replay_seat){.bot_difficulty = slot->bot_difficulty};
    memcpy(ret_seat->user, slot->user, sizeof ret_seat->user);
    snprintf(ret_seat->name, sizeof ret_seat->name, "%.*s", (int)sizeof slot->name - 1, slot->name);
}

/* Under the lock. NULL: there is no memory, or no replay. */
static struct note *note_add(struct record *record)
{
    struct note *note = record->lost ? NULL : calloc(1, sizeof *note);
    if (!note)
        return NULL;
    note->at = record->waiting_count;
    *record->last_note = note;
    record->last_note = &note->next;
    return note;
}

static void notes_free(struct note *notes)
{
    while (notes) {
        struct note *note = notes;
        notes = note->next;
        free(note);
    }
}

/* Under the lock. */
static void wait_more(struct record *record, const uint8_t *bytes, size_t count)
{
    if (record->lost)
        return;
    uint8_t *waiting = record->waiting_count + count <= RECORD_WAITING_BYTES_MAX
                           ? realloc(record->waiting, record->waiting_count + count)
                           : NULL;
    if (!waiting) {
        lose(record, "the disk does not take it");
        return;
    }
    memcpy(waiting + record->waiting_count, bytes, count);
    record->waiting = waiting;
    record->waiting_count += count;
}

/* Under the lock. The first reason is the one that is told. */
static void lose(struct record *record, const char *why)
{
    if (!record->lost) {
        char match[ID_TEXT_BYTES];
        id_text(&record->match, match);
        log_warn("a match has no replay", "match", match, "reason", why, NULL);
        record->lost = why;
    }
    free(record->waiting);
    notes_free(record->notes);
    record->waiting = NULL;
    record->waiting_count = 0;
    record->notes = NULL;
    record->last_note = &record->notes;
}

/* Takes the ended ones out; the others stay where they are while the lock is free. */
static void step(struct service_context *context, int64_t now_unix_ms)
{
    struct records *records = games_of(context)->records;
    pthread_mutex_lock(&records->lock);
    struct record **at = &records->first;
    while (*at) {
        struct record *record = *at;
        bool is_over = record->is_over; /* before its last bytes are taken */
        write_record(record);           /* gives the lock back meanwhile */
        if (!is_over) {
            at = &record->next;
            continue;
        }
        while (*at != record) /* new ones stand before it now */
            at = &(*at)->next;
        *at = record->next;
        notes_free(record->notes);
        free(record->waiting);
        free(record);
    }
    pthread_mutex_unlock(&records->lock);
    int64_t now_ms = clock_monotonic_ms();
    if (!atomic_load(&records->may_sweep) ||
        (records->swept_ms != 0 && now_ms - records->swept_ms < RECORDS_SWEEP_MS))
        return;
    sweep(records, now_unix_ms);
    records->swept_ms = now_ms;
}

/* With the lock, which is free while the disk is at work. */
static void write_record(struct record *record)
{
    pthread_mutex_t *lock = &record->records->lock;
    uint8_t *bytes = record->waiting;
    size_t count = record->waiting_count;
    struct note *notes = record->notes;
    const struct match_result over = record->over;
    bool is_over = record->is_over;
    const char *lost = record->lost;
    uint64_t kept = atomic_load(&record->kept);
    record->waiting = NULL;
    record->waiting_count = 0;
    record->notes = NULL;
    record->last_note = &record->notes;
    record->plays = record->image;
    pthread_mutex_unlock(lock);

    const char *fault = NULL;
    if (!lost)
        fault = write_waiting(record, bytes, count, notes, &kept);
    if (!lost && !fault && is_over)
        fault = record_file_write(&record->file, NULL, 0); /* there is one, whatever was played */
    if (!lost && !fault && is_over)
        fault = record_file_end(&record->file, &over);
    if (lost || fault)
        record_file_drop(&record->file);
    notes_free(notes);
    free(bytes);

    pthread_mutex_lock(lock);
    bool goes_back = false; /* meanwhile: then what was kept is less, see record_back() */
    for (const struct note *note = record->notes; note; note = note->next)
        goes_back |= note->kind == NOTE_BACK;
    if (fault)
        lose(record, fault);
    else if (!goes_back)
        atomic_store(&record->kept, kept);
}

/* `kept` grows by what is in the file then. */
static const char *write_waiting(struct record *record, const uint8_t *bytes, size_t count,
                                 const struct note *notes, uint64_t *kept)
{
    const char *fault = NULL;
    size_t done = 0;
    for (const struct note *note = notes; note && !fault; note = note->next) {
        if (note->at > done)
            fault = record_file_write(&record->file, bytes + done, note->at - done);
        *kept += note->at - done;
        done = note->at;
        if (!fault && note->kind == NOTE_SEAT)
            fault = record_file_seat(&record->file, note->slot, &note->seat);
        else if (!fault) {
            fault = record_file_back(&record->file, note->commit);
            *kept = note->journaled;
        }
    }
    if (!fault && count > done)
        fault = record_file_write(&record->file, bytes + done, count - done);
    *kept += count - done;
    return fault;
}

static void sweep(struct records *records, int64_t now_unix_ms)
{
    struct dirent **days = NULL;
    int count = scandir(records->folder, &days, choose_files, alphasort);
    for (int i = 0; i < count; i++) {
        char folder[RECORD_FILE_PATH_BYTES];
        struct dirent **files = NULL;
        snprintf(folder, sizeof folder, "%.450s/%.20s", records->folder, days[i]->d_name);
        int file_count = scandir(folder, &files, choose_files, alphasort);
        for (int j = 0; j < file_count; j++) {
            if (is_named(files[j]->d_name, RECORD_SUFFIX_PART))
                close_left(records, folder, files[j]->d_name);
            free(files[j]);
        }
        free(files);
        free(days[i]);
    }
    free(days);
    remove_old(records, now_unix_ms);
}

/* A file whose match nobody plays any more. */
static void close_left(struct records *records, const char *folder, const char *name)
{
    char text[ID_TEXT_BYTES], path[RECORD_FILE_PATH_BYTES];
    struct id match;
    snprintf(text, sizeof text, "%.36s", name);
    if (!id_parse(text, &match))
        return;
    pthread_mutex_lock(&records->lock);
    const struct record *record = records->first;
    while (record && !id_equal(&record->match, &match))
        record = record->next;
    pthread_mutex_unlock(&records->lock);
    if (record)
        return;
    snprintf(path, sizeof path, "%.450s/%.60s", folder, name);
    record_file_close_left(path, (uint64_t)records->context->settings->replay_bytes_max);
}

/* By days, the oldest first. */
static void remove_old(struct records *records, int64_t now_unix_ms)
{
    const struct settings *settings = records->context->settings;
    char oldest[RECORD_DAY_BYTES];
    struct dirent **days = NULL;
    uint64_t bytes = 0;
    record_day(now_unix_ms - settings->replays_keep_days * 86400000, oldest);
    int count = scandir(records->folder, &days, choose_files, alphasort);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < count; i++) {
            char folder[RECORD_FILE_PATH_BYTES];
            snprintf(folder, sizeof folder, "%.450s/%.20s", records->folder, days[i]->d_name);
            if (pass == 0)
                bytes += bytes_of(folder);
            else if (strcmp(days[i]->d_name, oldest) < 0)
                bytes = remove_over(folder, 0, bytes);
            else
                bytes = remove_over(folder, (uint64_t)settings->replays_bytes_max, bytes);
        }
    for (int i = 0; i < count; i++)
        free(days[i]);
    free(days);
}

static uint64_t bytes_of(const char *folder)
{
    return remove_over(folder, UINT64_MAX, 0);
}

/* Removes finished files of a day, the oldest first, while all together have more bytes. Returns
 * how many they have then; with UINT64_MAX, how many this day has. */
static uint64_t remove_over(const char *folder, uint64_t bytes_max, uint64_t bytes)
{
    struct dirent **files = NULL;
    int count = scandir(folder, &files, choose_files, alphasort);
    for (int i = 0; i < count; i++) {
        char path[RECORD_FILE_PATH_BYTES];
        struct stat status;
        snprintf(path, sizeof path, "%.450s/%.60s", folder, files[i]->d_name);
        bool is_replay = is_named(files[i]->d_name, RECORD_SUFFIX) && stat(path, &status) == 0;
        free(files[i]);
        if (is_replay && bytes_max == UINT64_MAX)
            bytes += (uint64_t)status.st_size;
        else if (is_replay && bytes > bytes_max && unlink(path) == 0)
            bytes -= (uint64_t)status.st_size;
    }
    free(files);
    if (bytes_max == 0)
        (void)rmdir(folder); /* stays while there is something in it */
    return bytes;
}

static int choose_files(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool is_named(const char *name, const char *suffix)
{
    size_t length = strlen(name);
    return length > strlen(suffix) && strcmp(name + length - strlen(suffix), suffix) == 0;
}
