/* gamekit: the tool of game authors. `gamekit help` lists the commands. */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "gamekit/game.h"
#include "tool/command.h"
#include "tool/prefix.h"
#include "tool/prober.h"

#define ARGUMENTS_WIDTH 16 /* what is wider gets a line of its own */

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

static bool asks_for_help(const char *word);
static void help(FILE *to);
static void help_of(FILE *to, const struct command *command);

int main(int argument_count, char **arguments)
{
    const char *name = argument_count > 1 ? arguments[1] : "help";
    if (prober_is_task(name))
        return prober_run(argument_count, arguments);
    if (asks_for_help(name)) {
        help(stdout);
        return COMMAND_FINE;
    }
    for (const struct command *command = commands; command->name; command++) {
        if (strcmp(name, command->name) != 0)
            continue;
        if (argument_count != 3 || !asks_for_help(arguments[2]))
            return command->run(argument_count - 2, arguments + 2);
        help_of(stdout, command);
        return COMMAND_FINE;
    }
    fprintf(stderr, "gamekit: there is no command \"%s\".\n\n", name);
    help(stderr);
    return COMMAND_USAGE;
}

static bool asks_for_help(const char *word)
{
    return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static void help(FILE *to)
{
    char documents[PATH_MAX];
    fprintf(to, "gamekit %s writes, checks and plays games of one C file (ABI %u.%u).\n\n",
            GAMEKIT_VERSION, GK_ABI_MAJOR, GK_ABI_MINOR);
    for (const struct command *command = commands; command->name; command++)
        help_of(to, command);
    if (prefix_path("share/doc/gamekit", documents))
        fprintf(to, "\nThe documents: %s (begin with tutorial.md)\n", documents);
}

static void help_of(FILE *to, const struct command *command)
{
    bool is_wide = strlen(command->arguments) > ARGUMENTS_WIDTH;
    fprintf(to, "  gamekit %-6s %-*s", command->name, ARGUMENTS_WIDTH, command->arguments);
    if (is_wide)
        fprintf(to, "\n%*s", ARGUMENTS_WIDTH + 17, "");
    fprintf(to, " %s\n", command->what);
}
