/* The prefix is the folder above the folder of the program, as the kernel knows it. */
#include "tool/prefix.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void cut_last(char *path);

bool prefix_path(const char *below, char ret_path[PATH_MAX])
{
    char program[PATH_MAX], path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    cut_last(program);
    cut_last(program);
    if (length <= 0 || snprintf(path, sizeof path, "%s/%s", program, below) >= (int)sizeof path ||
        access(path, F_OK) != 0) {
        fprintf(stderr,
                "gamekit: its own files are not there (%s/%s): install gamekit again, whole.\n",
                program, below);
        return false;
    }
    strcpy(ret_path, path); /* as long as the other */
    return true;
}

static void cut_last(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
}
