#include "core/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX 4096
#define VALUE_BYTES    32

static const char *const controllers[] = {"cpu", "memory", "pids"};
#define CONTROLLER_COUNT (sizeof(controllers) / sizeof(controllers[0]))

static enum error refuse(char ret_reason[CGROUP_REASON_BYTES], const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool find_mount(char ret_path[CGROUP_PATH_BYTES]);
static bool find_group(char ret_path[CGROUP_PATH_BYTES]);
static bool read_file(const char *folder, const char *name, char ret_text[FILE_BYTES_MAX]);
static bool write_file(const char *folder, const char *name, const char *value);
static const char *missing_controller(const char *list);
static bool has_word(const char *list, const char *word);
static enum error move_out(const char *root, char ret_reason[CGROUP_REASON_BYTES]);
static bool join(char ret_path[CGROUP_PATH_BYTES], const char *folder, const char *name);

enum error cgroup_own(char ret_root[CGROUP_PATH_BYTES], char ret_reason[CGROUP_REASON_BYTES])
{
    char mount[CGROUP_PATH_BYTES], group[CGROUP_PATH_BYTES];
    if (!find_mount(mount) || !find_group(group))
        return refuse(ret_reason, "this machine has no cgroup v2");
    if (strcmp(group, "/") == 0)
        group[0] = '\0';
    if (snprintf(ret_root, CGROUP_PATH_BYTES, "%s%s", mount, group) >= CGROUP_PATH_BYTES)
        return refuse(ret_reason, "the path of our cgroup is too long");
    return OK;
}

enum error cgroup_divide(const char *root, char ret_reason[CGROUP_REASON_BYTES])
{
    char have[FILE_BYTES_MAX], divided[FILE_BYTES_MAX];
    if (!read_file(root, "cgroup.controllers", have) ||
        !read_file(root, "cgroup.subtree_control", divided))
        return refuse(ret_reason, "%.80s is no cgroup v2 folder", root);
    const char *missing = missing_controller(have);
    if (missing)
        return refuse(ret_reason, "%.80s has not the controller %s", root, missing);
    if (access(root, W_OK) != 0)
        return refuse(ret_reason, "%.80s may not be written to", root);
    if (!missing_controller(divided))
        return OK;
    enum error error = move_out(root, ret_reason);
    if (error)
        return error;
    if (!write_file(root, "cgroup.subtree_control", "+cpu +memory +pids"))
        return refuse(ret_reason, "%.80s cannot be divided: %s", root, strerror(errno));
    return OK;
}

enum error cgroup_open(const char *root, const char *name, const struct cgroup_limits *limits,
                       int *ret_descriptor, char ret_reason[CGROUP_REASON_BYTES])
{
    char folder[CGROUP_PATH_BYTES], entry[CGROUP_PATH_BYTES];
    char weight[VALUE_BYTES], memory[VALUE_BYTES], processes[VALUE_BYTES];
    snprintf(weight, sizeof(weight), "%" PRId64, limits->weight);
    snprintf(memory, sizeof(memory), "%" PRId64, limits->memory_bytes);
    snprintf(processes, sizeof(processes), "%" PRId64, limits->processes);
    if (!join(folder, root, name) || !join(entry, folder, "cgroup.procs"))
        return refuse(ret_reason, "the name of the cgroup is too long");
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return refuse(ret_reason, "%.80s cannot be made: %s", folder, strerror(errno));
    if (!write_file(folder, "cpu.weight", weight) || !write_file(folder, "memory.max", memory) ||
        !write_file(folder, "pids.max", processes))
        return refuse(ret_reason, "%.80s takes no limits: %s", folder, strerror(errno));
    (void)write_file(folder, "memory.swap.max", "0"); /* a machine without swap has no such file */
    int descriptor = open(entry, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0)
        return refuse(ret_reason, "%.80s takes no process: %s", folder, strerror(errno));
    *ret_descriptor = descriptor;
    return OK;
}

void cgroup_sweep(const char *root, const char *prefix)
{
    DIR *entries = opendir(root);
    const struct dirent *entry;
    while (entries && (entry = readdir(entries)))
        if (entry->d_type == DT_DIR && strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
            (void)unlinkat(dirfd(entries), entry->d_name, AT_REMOVEDIR);
    if (entries)
        closedir(entries);
}

static enum error refuse(char ret_reason[CGROUP_REASON_BYTES], const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(ret_reason, CGROUP_REASON_BYTES, format, list);
    va_end(list);
    return ERROR_UNAVAILABLE;
}

/* The fifth word of a line of mountinfo is where it is mounted, the first behind " - " is what. */
static bool find_mount(char ret_path[CGROUP_PATH_BYTES])
{
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    char line[FILE_BYTES_MAX];
    bool found = false;
    while (mounts && !found && fgets(line, sizeof(line), mounts)) {
        const char *kind = strstr(line, " - ");
        found = kind && strncmp(kind, " - cgroup2 ", strlen(" - cgroup2 ")) == 0 &&
                sscanf(line, "%*s %*s %*s / %511s", ret_path) == 1;
    }
    if (mounts)
        fclose(mounts);
    return found;
}

/* "0::/path" is the line of v2. */
static bool find_group(char ret_path[CGROUP_PATH_BYTES])
{
    FILE *groups = fopen("/proc/self/cgroup", "re");
    char line[FILE_BYTES_MAX];
    bool found = false;
    while (groups && !found && fgets(line, sizeof(line), groups))
        found = sscanf(line, "0::%511[^\n]", ret_path) == 1;
    if (groups)
        fclose(groups);
    return found;
}

static bool read_file(const char *folder, const char *name, char ret_text[FILE_BYTES_MAX])
{
    char path[CGROUP_PATH_BYTES];
    int descriptor = join(path, folder, name) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (descriptor < 0)
        return false;
    ssize_t got = read(descriptor, ret_text, FILE_BYTES_MAX - 1);
    close(descriptor);
    ret_text[got > 0 ? got : 0] = '\0';
    return got >= 0;
}

/* Nothing is created: a file that is not there is a controller that is not. */
static bool write_file(const char *folder, const char *name, const char *value)
{
    char path[CGROUP_PATH_BYTES];
    int descriptor = join(path, folder, name) ? open(path, O_WRONLY | O_TRUNC | O_CLOEXEC) : -1;
    if (descriptor < 0)
        return false;
    bool written = write(descriptor, value, strlen(value)) == (ssize_t)strlen(value);
    int reason = errno;
    close(descriptor);
    errno = reason;
    return written;
}

/* The first that is not in the list; NULL: all are. */
static const char *missing_controller(const char *list)
{
    for (size_t i = 0; i < CONTROLLER_COUNT; i++)
        if (!has_word(list, controllers[i]))
            return controllers[i];
    return NULL;
}

static bool has_word(const char *list, const char *word)
{
    size_t bytes = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += bytes)
        if ((at == list || at[-1] == ' ') && strchr(" \n", at[bytes]))
            return true;
    return false;
}

/* The root of all groups alone may be divided with processes in it: it has no type. */
static enum error move_out(const char *root, char ret_reason[CGROUP_REASON_BYTES])
{
    char type[FILE_BYTES_MAX], processes[FILE_BYTES_MAX], own[VALUE_BYTES];
    char folder[CGROUP_PATH_BYTES];
    if (!read_file(root, "cgroup.type", type))
        return OK;
    if (!read_file(root, "cgroup.procs", processes))
        return refuse(ret_reason, "%.80s does not tell its processes", root);
    if (processes[0] == '\0')
        return OK;
    snprintf(own, sizeof(own), "%d\n", (int)getpid());
    if (strcmp(processes, own) != 0)
        return refuse(ret_reason, "%.80s has processes that are not ours to move", root);
    if (!join(folder, root, CGROUP_OWN) || (mkdir(folder, 0755) != 0 && errno != EEXIST) ||
        !write_file(folder, "cgroup.procs", own))
        return refuse(ret_reason, "%.80s: we cannot move out of it: %s", root, strerror(errno));
    return OK;
}

static bool join(char ret_path[CGROUP_PATH_BYTES], const char *folder, const char *name)
{
    return snprintf(ret_path, CGROUP_PATH_BYTES, "%s/%s", folder, name) < CGROUP_PATH_BYTES;
}
