/* gamekit new: the template under another name. It is made beside its place and moved there whole,
 * so that nothing half is ever left behind. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool/command.h"
#include "tool/name.h"
#include "tool/prefix.h"

#define FILE_BYTES_MAX (1u << 20) /* of a file of the template */

static bool copy_folder(const struct game_names *names, const char *from, const char *to);
static bool copy_entry(const struct game_names *names, const char *from, const char *to);
static bool copy_file(const struct game_names *names, const char *from, const char *to);
static char *read_file(const char *path, size_t *ret_bytes);
static bool write_file(const char *path, const char *text, size_t bytes);
static void remove_folder(const char *folder);
static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk);
static void say_next(const struct game_names *names);

enum command_status command_new(int argument_count, char **arguments)
{
    struct game_names names;
    const char *complaint;
    char template[PATH_MAX], made[NAME_BYTES + 16];
    if (argument_count != 1) {
        fprintf(stderr, "gamekit: new takes the name of the game: gamekit new NAME\n");
        return COMMAND_USAGE;
    }
    if (!game_names_of(arguments[0], &names, &complaint)) {
        fprintf(stderr, "gamekit: \"%s\" cannot be the name of a game: %s.\n", arguments[0],
                complaint);
        return COMMAND_USAGE;
    }
    if (!prefix_path("share/gamekit/template", template))
        return COMMAND_MACHINE;
    snprintf(made, sizeof made, ".%s-XXXXXX", names.id);
    if (!mkdtemp(made)) {
        fprintf(stderr,
                "gamekit: nothing can be made in this folder (%s): go to one that is yours.\n",
                strerror(errno));
        return COMMAND_MACHINE;
    }
    if (!copy_folder(&names, template, made)) {
        remove_folder(made);
        return COMMAND_MACHINE;
    }
    if (rename(made, names.id) != 0) {
        fprintf(stderr,
                errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR
                    ? "gamekit: %s is here already: take another name, or remove it.\n"
                    : "gamekit: %s cannot be made: %s.\n",
                names.id, strerror(errno));
        remove_folder(made);
        return COMMAND_USAGE;
    }
    say_next(&names);
    return COMMAND_FINE;
}

/* Into the folder `to`, which is made if it is not there. */
static bool copy_folder(const struct game_names *names, const char *from, const char *to)
{
    DIR *entries = opendir(from);
    struct dirent *entry;
    bool fine = entries && (mkdir(to, 0777) == 0 || errno == EEXIST);
    mode_t mask = umask(0);
    umask(mask);
    if (!fine || chmod(to, 0777 & ~mask) != 0) {
        fprintf(stderr, "gamekit: %s cannot become %s: %s.\n", from, to, strerror(errno));
        fine = false;
    }
    while (fine && (entry = readdir(entries))) {
        char inner[PATH_MAX], target[PATH_MAX];
        size_t bytes;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            strcmp(entry->d_name, "build") == 0)
            continue;
        char *name = game_names_put(names, entry->d_name, strlen(entry->d_name), &bytes);
        snprintf(inner, sizeof inner, "%s/%s", from, entry->d_name);
        snprintf(target, sizeof target, "%s/%s", to, name ? name : "");
        fine = name && copy_entry(names, inner, target);
        free(name);
    }
    if (entries)
        closedir(entries);
    return fine;
}

static bool copy_entry(const struct game_names *names, const char *from, const char *to)
{
    struct stat status;
    if (stat(from, &status) == 0 && S_ISDIR(status.st_mode))
        return copy_folder(names, from, to);
    return copy_file(names, from, to);
}

static bool copy_file(const struct game_names *names, const char *from, const char *to)
{
    size_t bytes = 0;
    char *text = read_file(from, &bytes);
    char *renamed = text ? game_names_put(names, text, bytes, &bytes) : NULL;
    bool fine = renamed && write_file(to, renamed, bytes);
    if (!fine)
        fprintf(stderr, "gamekit: %s cannot be copied to %s: %s.\n", from, to, strerror(errno));
    free(renamed);
    free(text);
    return fine;
}

static char *read_file(const char *path, size_t *ret_bytes)
{
    FILE *file = fopen(path, "rb");
    char *text = file ? malloc(FILE_BYTES_MAX) : NULL;
    size_t bytes = text ? fread(text, 1, FILE_BYTES_MAX, file) : 0;
    bool fine = text && !ferror(file) && bytes < FILE_BYTES_MAX;
    if (file)
        fclose(file);
    if (!fine) {
        free(text);
        return NULL;
    }
    *ret_bytes = bytes;
    return text;
}

static bool write_file(const char *path, const char *text, size_t bytes)
{
    FILE *file = fopen(path, "wxb");
    bool fine = file && fwrite(text, 1, bytes, file) == bytes;
    return file && fclose(file) == 0 && fine;
}

static void remove_folder(const char *folder)
{
    int reason = errno;
    (void)nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    errno = reason;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void say_next(const struct game_names *names)
{
    printf("%s/ is a whole game. Its rules are in %s/%s.c.\n\n", names->id, names->id, names->id);
    printf("  cd %s\n", names->id);
    printf("  gamekit play      plays it in the browser, and builds it whenever you save\n");
    printf("  gamekit build     builds it into build/plugins.d/%s\n", names->id);
    printf("  gamekit check     judges it as a platform does\n");
    printf("  cmake --build build && ctest --test-dir build     runs its tests\n");
    printf("  gamekit help      lists what else there is\n");
}
