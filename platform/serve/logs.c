#include "serve/logs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "serve/files.h"

#define LOGS_TAIL_BYTES 8192

static void path_of(char ret_path[FILES_PATH_BYTES], const char *folder, const char *name);
static void trim_one(const char *path);

int logs_open(const char *folder, const char *name)
{
    char path[FILES_PATH_BYTES];
    path_of(path, folder, name);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (descriptor < 0)
        log_error("cannot open a log file", "path", path, "reason", strerror(errno), NULL);
    return descriptor;
}

void logs_trim(const char *folder)
{
    DIR *listing = opendir(folder);
    if (!listing)
        return;
    const struct dirent *entry;
    while ((entry = readdir(listing))) {
        size_t bytes = strlen(entry->d_name);
        if (bytes <= 4 || strcmp(entry->d_name + bytes - 4, ".log") != 0)
            continue;
        char path[FILES_PATH_BYTES];
        files_join(path, folder, entry->d_name);
        trim_one(path);
    }
    closedir(listing);
}

void logs_tail(const char *folder, const char *name, FILE *out)
{
    char path[FILES_PATH_BYTES];
    path_of(path, folder, name);
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    char text[LOGS_TAIL_BYTES + 1];
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    fseek(file, size > LOGS_TAIL_BYTES ? size - LOGS_TAIL_BYTES : 0, SEEK_SET);
    size_t count = fread(text, 1, LOGS_TAIL_BYTES, file);
    fclose(file);
    text[count] = 0;

    char *from = text + count;
    for (int lines = 0; from > text; from--)
        if (from[-1] == '\n' && ++lines > LOGS_TAIL_LINES)
            break;
    fprintf(out, "The end of %s:\n%s\n", path, from);
}

static void path_of(char ret_path[FILES_PATH_BYTES], const char *folder, const char *name)
{
    char file[128];
    snprintf(file, sizeof file, "%s.log", name);
    files_join(ret_path, folder, file);
}

static void trim_one(const char *path)
{
    char older[FILES_PATH_BYTES + 8];
    snprintf(older, sizeof older, "%s.1", path);
    int from = open(path, O_RDWR | O_CLOEXEC);
    struct stat status;
    if (from < 0)
        return;
    if (fstat(from, &status) == 0 && status.st_size > LOGS_BYTES_MAX) {
        int to = open(older, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        while (to >= 0 && copy_file_range(from, NULL, to, NULL, LOGS_BYTES_MAX, 0) > 0)
            ;
        if (to >= 0)
            close(to);
        if (ftruncate(from, 0) < 0)
            log_warn("cannot empty a log file", "path", path, "reason", strerror(errno), NULL);
    }
    close(from);
}
