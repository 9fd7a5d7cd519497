/* Reading is bounded, and writing leaves no half of a file behind. */
#include "tool/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint8_t *read_open(int file, size_t bytes_max, size_t *ret_count);

uint8_t *file_read(const char *path, size_t bytes_max, size_t *ret_count)
{
    struct stat status;
    uint8_t *bytes = NULL;
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a pipe would make it wait */
    bool is_plain = file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode);
    if (is_plain)
        bytes = read_open(file, bytes_max, ret_count);
    if (!bytes)
        fprintf(stderr, "gamekit: %s cannot be read: %s.\n", path,
                file >= 0 && !is_plain ? "it is no plain file" : strerror(errno));
    if (file >= 0)
        close(file);
    return bytes;
}

bool file_write(const char *path, const uint8_t *bytes, size_t count)
{
    FILE *file = fopen(path, "we");
    bool fine = file && fwrite(bytes, 1, count, file) == count;
    if (file && fclose(file) != 0)
        fine = false;
    if (fine)
        return true;
    fprintf(stderr, "gamekit: %s cannot be written: %s.\n", path, strerror(errno));
    if (file)
        (void)remove(path);
    return false;
}

static uint8_t *read_open(int file, size_t bytes_max, size_t *ret_count)
{
    struct stat status;
    if (fstat(file, &status) != 0)
        return NULL;
    size_t room = (uint64_t)status.st_size > bytes_max ? bytes_max + 1 : (size_t)status.st_size;
    uint8_t *bytes = malloc(room ? room : 1);
    size_t count = 0;
    ssize_t got = 1;
    while (bytes && count < room && got > 0) {
        got = read(file, bytes + count, room - count);
        count += got > 0 ? (size_t)got : 0;
    }
    if (got < 0) {
        free(bytes);
        return NULL;
    }
    *ret_count = count;
    return bytes;
}
