/* The file is appended to, whole entries at a time. Where a match goes back, or a power cut has
 * left a part of an entry, it is cut, and read up to there to go on. */
#include "games/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct left_file {
    uint8_t *bytes; /* owned */
    size_t count;
    struct replay_reader reader; /* stands behind the last whole record that stays */
    uint32_t again;              /* so many ticks more, with the same inputs, stay as well */
    uint64_t steps;              /* all these together */
};

static const char *begin(struct record_file *file, uint64_t commit);
static void begin_anew(struct record_file *file);
static const char *cut(struct record_file *file, uint64_t commit);
static const char *read_left(int fd, uint64_t bytes_max, uint64_t steps_max,
                             struct left_file *ret_left);
static const char *read_steps(struct left_file *left, uint64_t steps_max);
static const char *write_all(struct record_file *file, const uint8_t *entries, size_t count);
static const char *change_image(struct record_file *file, const struct arena_entry *entry);
static void write_entry(struct record_file *file, const struct arena_entry *entry,
                        const uint8_t *inputs);
static void write_who(struct record_file *file, const struct arena_entry *entry);
static void write_tick(struct record_file *file, uint64_t present, const uint8_t *inputs);
static bool take(void *context, const uint8_t *bytes, size_t count);
static const char *why_full(const struct record_file *file);
static const char *name_it(int fd, const char *path, uint64_t bytes_max);
static void sync_folder_of(const char *path);

void record_day(int64_t unix_ms, char ret_day[RECORD_DAY_BYTES])
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm day = {0};
    (void)gmtime_r(&seconds, &day);
    (void)strftime(ret_day, RECORD_DAY_BYTES, "%Y-%m-%d", &day);
}

void record_file_path(const char *folder, const struct id *match, const char *suffix,
                      char ret_path[RECORD_FILE_PATH_BYTES])
{
    char text[ID_TEXT_BYTES], day[RECORD_DAY_BYTES] = "";
    int64_t unix_ms = 0;
    for (int i = 0; i < 6; i++) /* version 7 begins with its time */
        unix_ms = unix_ms << 8 | match->bytes[i];
    id_text(match, text);
    record_day(unix_ms % 253402300800000, day); /* of four figures, whatever the id */
    snprintf(ret_path, RECORD_FILE_PATH_BYTES, "%s/%s/%s%s", folder, day, text, suffix);
}

const char *record_file_write(struct record_file *file, const uint8_t *entries, size_t count)
{
    struct arena_entry first = {.commit = file->resumed_at + 1};
    if (count >= sizeof first)
        memcpy(&first, entries, sizeof first);
    const char *fault = file->is_begun ? NULL : begin(file, first.commit - 1);
    if (!fault)
        fault = write_all(file, entries, count);
    if (!fault)
        replay_write_flush(&file->writer);
    return fault || !file->writer.is_full ? fault : why_full(file);
}

const char *record_file_back(struct record_file *file, uint64_t commit)
{
    return file->is_begun ? cut(file, commit) : begin(file, commit);
}

const char *record_file_seat(struct record_file *file, uint32_t slot,
                             const struct replay_seat *seat)
{
    if (slot >= file->head.match.player_count ||
        memcmp(&file->head.seats[slot], seat, sizeof *seat) == 0)
        return NULL;
    const char *fault = file->is_begun || file->is_resumed ? NULL : begin(file, 0);
    file->head.seats[slot] = *seat;
    if (fault || !file->is_begun)
        return fault; /* a file that is resumed says it where it goes on */
    replay_write_seat(&file->writer, slot, seat);
    return file->writer.is_full ? why_full(file) : NULL;
}

const char *record_file_end(struct record_file *file, const struct match_result *over)
{
    bool is_played = over->ticks != 0 || over->state_hash != 0;
    bool is_whole = over->result.reason != SPOOL_REASON_ABORTED;
    if (is_played || is_whole) {
        if (over->ticks != file->writer.ticks)
            return "its journal has not as many ticks as its result";
        if (!replay_write_end(&file->writer, over->state_hash, is_whole ? &over->result : NULL))
            return why_full(file);
    }
    const char *fault = name_it(file->fd, file->path, file->bytes_max);
    if (fault)
        return fault;
    close(file->fd);
    file->fd = -1;
    return NULL;
}

void record_file_drop(struct record_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    if (file->fd >= 0 || file->is_resumed)
        unlink(file->path);
    file->fd = -1;
    file->is_resumed = false;
}

void record_file_close_left(const char *path, uint64_t bytes_max)
{
    struct left_file left = {.bytes = NULL};
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    if (name_it(fd, path, bytes_max) &&
        (read_left(fd, bytes_max, UINT64_MAX, &left) || ftruncate(fd, (off_t)left.reader.at) != 0 ||
         name_it(fd, path, bytes_max)))
        unlink(path);
    free(left.bytes);
    close(fd);
}

/* `commit` is where a file that is resumed goes on. */
static const char *begin(struct record_file *file, uint64_t commit)
{
    char folder[RECORD_FILE_PATH_BYTES];
    file->is_begun = true;
    memcpy(folder, file->path, sizeof folder);
    *strrchr(folder, '/') = '\0';
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return "the disk does not take it";
    int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (file->is_resumed ? 0 : O_TRUNC);
    file->fd = open(file->path, flags, 0600);
    if (file->fd < 0)
        return "the disk does not take it";
    struct stat status;
    if (file->is_resumed && fstat(file->fd, &status) == 0 && status.st_size > 0)
        return cut(file, commit);
    begin_anew(file);
    return NULL;
}

static void begin_anew(struct record_file *file)
{
    file->commit = 1; /* init */
    file->joined = file->left = file->bytes = 0;
    memset(file->image, 0, sizeof file->image);
    memcpy(file->game_sha, file->head.image.sha, sizeof file->game_sha);
    replay_write_begin(&file->writer, file->buffer, sizeof file->buffer, take, file, &file->head);
}

/* Without a commit it began anew, with the version that plays it now. */
static const char *cut(struct record_file *file, uint64_t commit)
{
    struct left_file left = {.bytes = NULL};
    const struct replay_reader *reader = &left.reader;
    if (commit == 0) {
        if (ftruncate(file->fd, 0) != 0 || lseek(file->fd, 0, SEEK_SET) != 0)
            return "the disk does not take it";
        begin_anew(file);
        return NULL;
    }
    const char *fault = read_left(file->fd, file->bytes_max, commit - 1, &left);
    if (!fault && (left.steps != commit - 1 || reader->head.match.seed != file->head.match.seed ||
                   reader->head.match.player_count != file->head.match.player_count ||
                   ftruncate(file->fd, (off_t)reader->at) != 0 ||
                   lseek(file->fd, 0, SEEK_END) != (off_t)reader->at))
        fault = "what was written before cannot go on";
    if (!fault) {
        replay_write_resume(&file->writer, file->buffer, sizeof file->buffer, take, file, reader,
                            left.again);
        file->commit = commit;
        file->bytes = reader->at;
        file->joined = reader->joined;
        file->left = reader->left;
        memset(file->image, 0, sizeof file->image);
        memcpy(file->game_sha, reader->image.sha, sizeof file->game_sha);
        for (uint32_t slot = 0; slot < file->head.match.player_count; slot++)
            if (memcmp(&reader->seats[slot], &file->head.seats[slot], sizeof reader->seats[0]) != 0)
                replay_write_seat(&file->writer, slot, &file->head.seats[slot]);
    }
    free(left.bytes);
    return fault;
}

/* Up to the last whole step, and at most `steps_max`; an end is left out. `bytes` are the caller's
 * to free, also on a fault. */
static const char *read_left(int fd, uint64_t bytes_max, uint64_t steps_max,
                             struct left_file *ret_left)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || (uint64_t)status.st_size > bytes_max)
        return "what was written before is too large";
    ret_left->count = (size_t)status.st_size;
    ret_left->bytes = malloc(ret_left->count + 1);
    if (!ret_left->bytes ||
        pread(fd, ret_left->bytes, ret_left->count, 0) != (ssize_t)ret_left->count)
        return "what was written before cannot be read";
    return read_steps(ret_left, steps_max);
}

/* Twice: to see how far, and then just so far. Of what stands between two steps only a hash is of
 * the step before. */
static const char *read_steps(struct left_file *left, uint64_t steps_max)
{
    struct replay_reader *reader = &left->reader;
    struct replay_record record;
    if (replay_read_begin(reader, left->bytes, left->count) != REPLAY_FINE)
        return "what was written before is broken";
    size_t end = reader->at;
    uint64_t steps = 0;
    for (size_t at = end;
         replay_read_next(reader, &record) == REPLAY_FINE && record.type != REPLAY_END;
         at = reader->at) {
        uint64_t more = record.type == REPLAY_TICK ? record.ticks : record.type == REPLAY_MEET;
        bool is_within = steps < steps_max || record.type == REPLAY_HASH;
        if (is_within && more > steps_max - steps) {
            left->again = (uint32_t)(steps_max - steps);
            end = at;
        }
        if (!is_within || more > steps_max - steps)
            break;
        steps += more;
        if (record.type != REPLAY_JOIN && record.type != REPLAY_LEAVE)
            end = reader->at;
    }
    left->steps = steps + left->again;
    if (replay_read_begin(reader, left->bytes, end) != REPLAY_FINE)
        return "what was written before is broken";
    while (replay_read_next(reader, &record) == REPLAY_FINE)
        ;
    return NULL;
}

static const char *write_all(struct record_file *file, const uint8_t *entries, size_t count)
{
    while (count > 0) {
        struct arena_entry entry;
        if (count < sizeof entry)
            return "its journal makes no sense";
        memcpy(&entry, entries, sizeof entry);
        entries += sizeof entry;
        count -= sizeof entry;
        if (entry.commit != file->commit + 1)
            return "its journal has a gap, or went back";
        const char *fault = change_image(file, &entry);
        size_t inputs = (size_t)__builtin_popcountll(entry.present) * file->writer.input_bytes;
        if (fault)
            return fault;
        if (count < inputs || !arena_entry_is_sane(&entry, file->writer.player_count, file->joined,
                                                   file->left, file->head.tick_hz != 0))
            return "its journal makes no sense";
        write_entry(file, &entry, entries);
        if (file->writer.is_full)
            return why_full(file);
        entries += inputs;
        count -= inputs;
    }
    return NULL;
}

/* Versions that differ in their pages only are the same in a replay. */
static const char *change_image(struct record_file *file, const struct arena_entry *entry)
{
    struct replay_image image;
    if (memcmp(entry->image, file->image, sizeof entry->image) == 0)
        return NULL;
    if (!file->find_image(file->context, entry->image, &image))
        return "its journal names a version that there is not";
    bool is_other = memcmp(image.sha, file->game_sha, sizeof image.sha) != 0;
    if (is_other && file->is_resumed && file->commit == 1)
        return "it may have begun with another version than its file says";
    if (is_other)
        replay_write_image(&file->writer, &image);
    memcpy(file->game_sha, image.sha, sizeof file->game_sha);
    memcpy(file->image, entry->image, sizeof file->image);
    return NULL;
}

static void write_entry(struct record_file *file, const struct arena_entry *entry,
                        const uint8_t *inputs)
{
    if (entry->hash_of == ARENA_HASH_BEFORE)
        replay_write_hash(&file->writer, entry->state_hash);
    write_who(file, entry);
    if (entry->ticked)
        write_tick(file, entry->present, inputs);
    else
        replay_write_meet(&file->writer);
    if (entry->hash_of == ARENA_HASH_AFTER)
        replay_write_hash(&file->writer, entry->state_hash);
    file->commit = entry->commit;
}

static void write_who(struct record_file *file, const struct arena_entry *entry)
{
    uint64_t rest = entry->came | entry->went | entry->gave_up;
    for (; rest; rest &= rest - 1) {
        uint32_t slot = (uint32_t)__builtin_ctzll(rest);
        if (entry->came >> slot & 1)
            replay_write_join(&file->writer, slot);
        else
            replay_write_leave(&file->writer, slot,
                               entry->gave_up >> slot & 1 ? GK_LEAVE_LEFT : GK_LEAVE_DISCONNECTED);
    }
    file->joined = (file->joined | entry->came) & ~(entry->went | entry->gave_up);
    file->left |= entry->gave_up;
}

static void write_tick(struct record_file *file, uint64_t present, const uint8_t *inputs)
{
    uint8_t bytes[GK_PLAYERS_MAX * GK_INPUT_BYTES_MAX];
    uint32_t input_bytes = file->writer.input_bytes;
    for (uint64_t rest = present; rest; rest &= rest - 1, inputs += input_bytes)
        memcpy(bytes + (size_t)__builtin_ctzll(rest) * input_bytes, inputs, input_bytes);
    replay_write_tick(&file->writer, &(struct gk_inputs){.present = present, .bytes = bytes});
}

static bool take(void *context, const uint8_t *bytes, size_t count)
{
    struct record_file *file = context;
    if (count > file->bytes_max - file->bytes)
        return false;
    file->bytes += count;
    return write(file->fd, bytes, count) == (ssize_t)count;
}

static const char *why_full(const struct record_file *file)
{
    return file->bytes_max - file->bytes < RECORD_BUFFER_BYTES ? "it is too long"
                                                               : "the disk does not take it";
}

/* Reads it as a stranger would. */
static const char *name_it(int fd, const char *path, uint64_t bytes_max)
{
    char name[RECORD_FILE_PATH_BYTES + sizeof RECORD_SUFFIX];
    struct stat status;
    struct replay_reader reader;
    struct replay_record record;
    const char *fault = "what was written cannot be read";
    if (fd < 0 || fstat(fd, &status) != 0 || (uint64_t)status.st_size > bytes_max)
        return fault;
    uint8_t *bytes = malloc((size_t)status.st_size + 1);
    if (bytes && pread(fd, bytes, (size_t)status.st_size, 0) == (ssize_t)status.st_size) {
        enum replay_refusal refusal = replay_read_begin(&reader, bytes, (size_t)status.st_size);
        while (refusal == REPLAY_FINE)
            refusal = replay_read_next(&reader, &record);
        fault = refusal == REPLAY_UNFINISHED ? NULL : "what was written is broken";
    }
    free(bytes);
    if (fault)
        return fault;
    snprintf(name, sizeof name, "%.*s" RECORD_SUFFIX,
             (int)(strlen(path) - (sizeof RECORD_SUFFIX_PART - 1)), path);
    if (fsync(fd) != 0 || rename(path, name) != 0)
        return "the disk does not take it";
    sync_folder_of(name);
    return NULL;
}

static void sync_folder_of(const char *path)
{
    char folder[RECORD_FILE_PATH_BYTES + sizeof RECORD_SUFFIX];
    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}
