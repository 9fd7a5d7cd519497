/*
 * The archive of a bundle: 512-byte blocks, a header and the bytes of each file, two blocks of
 * zeros at the end. The reader knows regular files and folders and refuses all else; every size is
 * held against what is left of the archive before a byte of it is used.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/bundle_reader.h"

#define BLOCK_BYTES     512
#define NAME_BYTES      100
#define PREFIX_BYTES    155
#define END_BLOCKS      2
#define SIZE_DIGITS_MAX 11 /* octal: 8 GiB */

struct header {
    char name[NAME_BYTES], mode[8], user[8], group[8], size[12], time[12], sum[8], type;
    char link[NAME_BYTES], magic[6], version[2], user_name[32], group_name[32];
    char device_major[8], device_minor[8], prefix[PREFIX_BYTES], unused[12];
};
_Static_assert(sizeof(struct header) == BLOCK_BYTES, "a header is one block");

struct archive {
    const uint8_t *bytes;
    size_t count, at;
};

static bool read_entries(struct bundle_reader *reader, struct archive *archive);
static bool read_entry(struct bundle_reader *reader, struct archive *archive);
static bool is_zero(const uint8_t *bytes, size_t count);
static bool header_is_whole(const struct header *header);
static uint32_t header_sum(const struct header *header);
static bool read_octal(const char *field, size_t bytes, uint64_t *ret_number);
static bool read_path(struct bundle_reader *reader, const struct header *header,
                      char ret_path[BUNDLE_PATH_BYTES]);
static bool type_is_extension(char type);
static bool path_is_ours(const char *path);
static bool check_path(struct bundle_reader *reader, const char *path);
static bool check_type(struct bundle_reader *reader, char type, const char *path);
static bool check_clashes(struct bundle_reader *reader);
static bool write_header(const struct bundle_file *file, struct header *ret_header);
static size_t padded(size_t count);

enum bundle_refusal bundle_unpack(const uint8_t *archive, size_t count, struct bundle **ret_bundle,
                                  char ret_reason[BUNDLE_REASON_BYTES])
{
    struct bundle_reader reader = {.bundle = calloc(1, sizeof *reader.bundle),
                                   .reason = ret_reason};
    struct archive whole = {.bytes = archive, .count = count};
    bool fine = reader.bundle != NULL;
    if (!fine)
        bundle_refuse(&reader, BUNDLE_REFUSED_UNREADABLE, "There is no memory for it: try again.");
    fine = fine && read_entries(&reader, &whole) && check_clashes(&reader);
    return bundle_complete(&reader, fine, ret_bundle);
}

uint8_t *bundle_pack(const struct bundle *bundle, size_t *ret_count)
{
    size_t count = END_BLOCKS * BLOCK_BYTES, at = 0;
    for (size_t i = 0; i < bundle->file_count; i++)
        count += BLOCK_BYTES + padded(bundle->files[i].count);
    uint8_t *archive = calloc(1, count);
    for (size_t i = 0; archive && i < bundle->file_count; i++) {
        const struct bundle_file *file = &bundle->files[i];
        struct header header;
        if (!write_header(file, &header)) {
            free(archive);
            return NULL;
        }
        memcpy(archive + at, &header, sizeof header);
        memcpy(archive + at + BLOCK_BYTES, file->bytes, file->count);
        at += BLOCK_BYTES + padded(file->count);
    }
    if (archive)
        *ret_count = count;
    return archive;
}

static bool read_entries(struct bundle_reader *reader, struct archive *archive)
{
    while (archive->count - archive->at >= BLOCK_BYTES &&
           !is_zero(archive->bytes + archive->at, BLOCK_BYTES))
        if (!read_entry(reader, archive))
            return false;
    if (archive->count - archive->at < END_BLOCKS * BLOCK_BYTES)
        return bundle_refuse(reader, BUNDLE_REFUSED_ARCHIVE,
                             "The archive has no end: send the whole of it.");
    if (!is_zero(archive->bytes + archive->at, archive->count - archive->at))
        return bundle_refuse(reader, BUNDLE_REFUSED_ARCHIVE,
                             "Something stands behind the archive's end: pack it again.");
    return true;
}

static bool read_entry(struct bundle_reader *reader, struct archive *archive)
{
    struct header header;
    char path[BUNDLE_PATH_BYTES];
    uint64_t size;
    memcpy(&header, archive->bytes + archive->at, sizeof header);
    archive->at += BLOCK_BYTES;
    if (!header_is_whole(&header))
        return bundle_refuse(reader, BUNDLE_REFUSED_ARCHIVE,
                             "The bytes are no tar archive, or are damaged: pack it with tar "
                             "--format=ustar.");
    if (!read_octal(header.size, sizeof header.size, &size))
        return bundle_refuse(reader, BUNDLE_REFUSED_ARCHIVE,
                             "An entry has no size that can be read: pack it with tar "
                             "--format=ustar.");
    if (!read_path(reader, &header, path))
        return false;
    if (size > archive->count - archive->at || padded(size) > archive->count - archive->at)
        return bundle_refuse(reader, BUNDLE_REFUSED_ARCHIVE,
                             "The archive ends in the middle of %s: send the whole of it.", path);
    const uint8_t *bytes = archive->bytes + archive->at;
    archive->at += padded(size);
    if (!type_is_extension(header.type) && !path_is_ours(path))
        return true;
    if (!check_type(reader, header.type, path) || !check_path(reader, path))
        return false;
    if (header.type == '5')
        return true;
    struct bundle_file *file = bundle_add(reader, path, size);
    if (file)
        memcpy(file->bytes, bytes, size);
    return file != NULL;
}

static bool is_zero(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

/* The magic of POSIX, or the older one that GNU tar still writes. */
static bool header_is_whole(const struct header *header)
{
    uint64_t sum;
    bool is_tar = memcmp(header->magic,
                         "ustar\0"
                         "00",
                         8) == 0 ||
                  memcmp(header->magic, "ustar  \0", 8) == 0;
    return is_tar && read_octal(header->sum, sizeof header->sum, &sum) && sum == header_sum(header);
}

/* Of all its bytes, those of the sum itself counted as blanks. */
static uint32_t header_sum(const struct header *header)
{
    const uint8_t *bytes = (const uint8_t *)header;
    uint32_t sum = 0;
    for (size_t i = 0; i < sizeof *header; i++)
        sum += bytes[i];
    for (size_t i = 0; i < sizeof header->sum; i++)
        sum += ' ' - (uint32_t)(uint8_t)header->sum[i];
    return sum;
}

/* Octal digits between blanks and zeros. */
static bool read_octal(const char *field, size_t bytes, uint64_t *ret_number)
{
    uint64_t number = 0;
    size_t at = 0, digits = 0;
    while (at < bytes && field[at] == ' ')
        at++;
    for (; at < bytes && field[at] >= '0' && field[at] <= '7'; at++, digits++)
        number = number * 8 + (uint64_t)(field[at] - '0');
    while (at < bytes && (field[at] == ' ' || field[at] == '\0'))
        at++;
    if (at < bytes || digits == 0 || digits > SIZE_DIGITS_MAX)
        return false;
    *ret_number = number;
    return true;
}

/* Without "./" before it and "/" behind it; "" is the folder itself. In the older format what
 * stands in the place of the prefix is something else. */
static bool read_path(struct bundle_reader *reader, const struct header *header,
                      char ret_path[BUNDLE_PATH_BYTES])
{
    bool has_prefix = header->magic[5] == '\0' && header->prefix[0] != '\0';
    int bytes = snprintf(ret_path, BUNDLE_PATH_BYTES, "%.*s%s%.*s", has_prefix ? PREFIX_BYTES : 0,
                         header->prefix, has_prefix ? "/" : "", NAME_BYTES, header->name);
    if (bytes >= BUNDLE_PATH_BYTES - 1)
        return bundle_refuse(reader, BUNDLE_REFUSED_NAME, "A path is too long: shorten the names.");
    if (strncmp(ret_path, "./", 2) == 0)
        memmove(ret_path, ret_path + 2, strlen(ret_path) - 1);
    size_t length = strlen(ret_path);
    if (length > 0 && ret_path[length - 1] == '/')
        ret_path[length - 1] = '\0';
    return true;
}

/* It may change what the next entry means, so it is never passed over. */
static bool type_is_extension(char type)
{
    return type != '\0' && strchr("01234567", type) == NULL;
}

static bool path_is_ours(const char *path)
{
    char top[BUNDLE_PATH_BYTES];
    snprintf(top, sizeof top, "%.*s", (int)strcspn(path, "/"), path);
    return bundle_holds(top) || path[0] == '/' || strcmp(top, "..") == 0;
}

static bool check_path(struct bundle_reader *reader, const char *path)
{
    int depth = 0;
    for (const char *at = path;; depth++) {
        char name[BUNDLE_PATH_BYTES];
        size_t length = strcspn(at, "/");
        snprintf(name, sizeof name, "%.*s", (int)length, at);
        if (name[0] == '\0' || !bundle_name_is_plain(name))
            return bundle_refuse(reader, BUNDLE_REFUSED_NAME,
                                 "A path in the archive is not made of names of letters, digits, "
                                 "dot, dash and underscore: rename it.");
        if (at[length] == '\0')
            break;
        at += length + 1;
    }
    if (depth > BUNDLE_DEPTH_MAX || (depth > 0 && strncmp(path, "client/", 7) != 0))
        return bundle_refuse(
            reader, BUNDLE_REFUSED_DIRECTORY,
            "%s lies too deep, or in the place of a file: put it where it belongs.", path);
    return true;
}

static bool check_type(struct bundle_reader *reader, char type, const char *path)
{
    switch (type) {
    case '0':
    case '\0':
        return true;
    case '5':
        return strcmp(path, "game.so") != 0 && strcmp(path, "game.json") != 0 &&
                       strcmp(path, "game.wasm") != 0
                   ? true
                   : bundle_refuse(reader, BUNDLE_REFUSED_DIRECTORY,
                                   "%s is a folder where a file has to be: put a plain file there.",
                                   path);
    case '1':
    case '2':
        return bundle_refuse(reader, BUNDLE_REFUSED_LINK,
                             "An entry of the archive is a link: copy the file itself.");
    case '3':
    case '4':
    case '6':
        return bundle_refuse(reader, BUNDLE_REFUSED_SPECIAL,
                             "An entry of the archive is a pipe or a device: put a plain file "
                             "there.");
    case 'S':
        return bundle_refuse(reader, BUNDLE_REFUSED_SPARSE,
                             "An entry of the archive consists of holes: build it again.");
    default:
        return bundle_refuse(reader, BUNDLE_REFUSED_ARCHIVE,
                             "The archive uses an extension of the format: pack it with tar "
                             "--format=ustar.");
    }
}

/* The same path twice, or a file where another path has a folder. */
static bool check_clashes(struct bundle_reader *reader)
{
    const struct bundle *bundle = reader->bundle;
    for (size_t i = 0; i < bundle->file_count; i++) {
        size_t length = strlen(bundle->files[i].path);
        for (size_t j = 0; j < bundle->file_count; j++) {
            const char *other = bundle->files[j].path;
            if (i != j && strncmp(other, bundle->files[i].path, length) == 0 &&
                (other[length] == '\0' || other[length] == '/'))
                return bundle_refuse(reader, BUNDLE_REFUSED_ARCHIVE,
                                     "%s is in the archive twice: pack it again.",
                                     bundle->files[i].path);
        }
    }
    return true;
}

static bool write_header(const struct bundle_file *file, struct header *ret_header)
{
    const char *name = file->path;
    memset(ret_header, 0, sizeof *ret_header);
    if (strlen(name) > NAME_BYTES) { /* what stands before some slash goes into the prefix */
        name = strchr(file->path + strlen(file->path) - NAME_BYTES - 1, '/');
        if (!name || name - file->path > PREFIX_BYTES)
            return false;
        memcpy(ret_header->prefix, file->path, (size_t)(name - file->path));
        name++;
    }
    memcpy(ret_header->name, name, strlen(name));
    memcpy(ret_header->mode, "0000644", 8);
    memcpy(ret_header->user, "0000000", 8);
    memcpy(ret_header->group, "0000000", 8);
    snprintf(ret_header->size, sizeof ret_header->size, "%011llo", (unsigned long long)file->count);
    memcpy(ret_header->time, "00000000000", 12);
    memcpy(ret_header->magic,
           "ustar\0"
           "00",
           8);
    ret_header->type = '0';
    snprintf(ret_header->sum, sizeof ret_header->sum, "%06o", header_sum(ret_header));
    ret_header->sum[7] = ' ';
    return true;
}

static size_t padded(size_t count)
{
    return (count + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
}
