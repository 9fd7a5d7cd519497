/* gamekit: the tool of game authors. `gamekit help` lists the commands. */
#include <stdio.h>
#include <string.h>

#include "gamekit/game.h"
#include "tool/command.h"
#include "tool/prober.h"

struct command {
    const char *name, *arguments, *what;
    enum command_status (*run)(int argument_count, char **arguments);
};

static const struct command commands[] = {
#define COMMAND(name, arguments, what) {#name, arguments, what, command_##name},
#include "tool/commands.def"
#undef COMMAND
    {NULL, NULL, NULL, NULL},
};

static void help(FILE *to);

int main(int argument_count, char **arguments)
{
    const char *name = argument_count > 1 ? arguments[1] : "help";
    if (strcmp(name, PROBER_TASK) == 0)
        return prober_run(argument_count, arguments);
    if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        help(stdout);
        return COMMAND_FINE;
    }
    for (const struct command *command = commands; command->name; command++)
        if (strcmp(name, command->name) == 0)
            return command->run(argument_count - 2, arguments + 2);
    fprintf(stderr, "gamekit: there is no command \"%s\".\n\n", name);
    help(stderr);
    return COMMAND_USAGE;
}

static void help(FILE *to)
{
    fprintf(to, "gamekit %s writes, checks and plays games of one C file (ABI %u.%u).\n\n",
            GAMEKIT_VERSION, GK_ABI_MAJOR, GK_ABI_MINOR);
    for (const struct command *command = commands; command->name; command++)
        fprintf(to, "  gamekit %-7s %-24s %s\n", command->name, command->arguments, command->what);
}
