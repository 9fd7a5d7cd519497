/* The record is fixed and little endian, with a check sum at its end. Blocking; not for the loop.
 */
#include "games/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"

#define PATH_BYTES 1024
#define SUFFIX     ".result"

static const char magic[8] = "TRESULT1";

static bool write_whole(const char *path, const uint8_t *bytes, size_t count);
static void sync_folder(const char *folder);
static ssize_t read_record(const char *path, uint8_t ret_bytes[SPOOL_RECORD_BYTES + 1]);
static void set_aside(const char *path);
static uint64_t checksum(const uint8_t *bytes, size_t count);
static uint8_t *put(uint8_t *to, const void *value, size_t count);
static const uint8_t *get(const uint8_t *from, void *ret_value, size_t count);

void spool_encode(const struct match_result *result, uint8_t ret_bytes[SPOOL_RECORD_BYTES])
{
    const uint32_t reserved = 0;
    uint8_t *at = put(ret_bytes, magic, sizeof magic);
    at = put(at, result->match.bytes, sizeof result->match.bytes);
    at = put(at, &result->epoch, sizeof result->epoch);
    at = put(at, &reserved, sizeof reserved);
    at = put(at, &result->ticks, sizeof result->ticks);
    at = put(at, &result->state_hash, sizeof result->state_hash);
    at = put(at, &result->ended_unix_ms, sizeof result->ended_unix_ms);
    at = put(at, &result->result, sizeof result->result);
    uint64_t sum = checksum(ret_bytes, (size_t)(at - ret_bytes));
    put(at, &sum, sizeof sum);
}

bool spool_decode(const uint8_t *bytes, size_t count, struct match_result *ret_result)
{
    struct match_result result;
    uint32_t reserved;
    uint64_t sum;
    if (count != SPOOL_RECORD_BYTES || memcmp(bytes, magic, sizeof magic) != 0)
        return false;
    const uint8_t *at = get(bytes + sizeof magic, result.match.bytes, sizeof result.match.bytes);
    at = get(at, &result.epoch, sizeof result.epoch);
    at = get(at, &reserved, sizeof reserved);
    at = get(at, &result.ticks, sizeof result.ticks);
    at = get(at, &result.state_hash, sizeof result.state_hash);
    at = get(at, &result.ended_unix_ms, sizeof result.ended_unix_ms);
    at = get(at, &result.result, sizeof result.result);
    get(at, &sum, sizeof sum);
    if (sum != checksum(bytes, count - sizeof sum) || reserved != 0 ||
        result.result.reason > SPOOL_REASON_ABORTED ||
        (result.result.reason != SPOOL_REASON_ABORTED &&
         result.result.player_count > GK_PLAYERS_MAX))
        return false;
    *ret_result = result;
    return true;
}

enum error spool_open(const char *folder)
{
    if (mkdir(folder, 0700) == 0 || errno == EEXIST)
        return OK;
    log_error("cannot make the folder of the results", "folder", folder, "reason", strerror(errno),
              NULL);
    return ERROR_UNAVAILABLE;
}

enum error spool_write(const char *folder, const struct match_result *result)
{
    uint8_t bytes[SPOOL_RECORD_BYTES];
    char match[ID_TEXT_BYTES], path[PATH_BYTES], aside[PATH_BYTES];
    id_text(&result->match, match);
    snprintf(path, sizeof path, "%s/%s-%u" SUFFIX, folder, match, result->epoch);
    snprintf(aside, sizeof aside, "%s/.%s-%u", folder, match, result->epoch);
    spool_encode(result, bytes);
    if (!write_whole(aside, bytes, sizeof bytes) || rename(aside, path) != 0) {
        log_error("a result cannot be spooled; trying again", "match", match, "reason",
                  strerror(errno), NULL);
        unlink(aside);
        return ERROR_UNAVAILABLE;
    }
    sync_folder(folder);
    return OK;
}

size_t spool_each(const char *folder,
                  bool (*take)(void *context, const struct match_result *result), void *context)
{
    size_t staying = 0;
    DIR *entries = opendir(folder);
    struct dirent *entry;
    while (entries && (entry = readdir(entries))) {
        size_t length = strlen(entry->d_name);
        char path[PATH_BYTES];
        uint8_t bytes[SPOOL_RECORD_BYTES + 1];
        struct match_result result;
        if (entry->d_name[0] == '.' || length < sizeof SUFFIX ||
            strcmp(entry->d_name + length - (sizeof SUFFIX - 1), SUFFIX) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        ssize_t got = read_record(path, bytes);
        if (got < 0)
            staying++; /* no descriptor or no disk for now says nothing about the record */
        else if (!spool_decode(bytes, (size_t)got, &result))
            set_aside(path);
        else if (take(context, &result))
            unlink(path);
        else
            staying++;
    }
    if (entries)
        closedir(entries);
    return staying;
}

static bool write_whole(const char *path, const uint8_t *bytes, size_t count)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool fine = write(fd, bytes, count) == (ssize_t)count && fsync(fd) == 0;
    return close(fd) == 0 && fine;
}

static void sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

/* One byte more than a record has shows a file that is too long. -1: it cannot be read now. */
static ssize_t read_record(const char *path, uint8_t ret_bytes[SPOOL_RECORD_BYTES + 1])
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t got = read(fd, ret_bytes, SPOOL_RECORD_BYTES + 1);
    close(fd);
    return got;
}

static void set_aside(const char *path)
{
    char bad[PATH_BYTES + 8];
    snprintf(bad, sizeof bad, "%s.bad", path);
    log_error("a spooled result does not check out and is set aside", "file", path, NULL);
    (void)rename(path, bad);
}

static uint64_t checksum(const uint8_t *bytes, size_t count)
{
    uint64_t value = 0xcbf29ce484222325u;
    for (size_t i = 0; i < count; i++)
        value = (value ^ bytes[i]) * 0x100000001b3u;
    return value;
}

static uint8_t *put(uint8_t *to, const void *value, size_t count)
{
    memcpy(to, value, count);
    return to + count;
}

static const uint8_t *get(const uint8_t *from, void *ret_value, size_t count)
{
    memcpy(ret_value, from, count);
    return from + count;
}
