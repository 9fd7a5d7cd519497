/* The table of words, and finding the one that is meant. */
#include "admin/admin.h"

#include <stdio.h>
#include <string.h>

#include "admin/commands.h"

struct word {
    const char *name, *operands;
    int operands_min, operands_max;
    const char *help;
    enum admin_exit (*run)(struct connection *connection, char **words);
};

static const struct word words[] = {
    {"list", "[ID]", 0, 1, "the versions of each game, and which one is played", command_list},
    {"install", "BUNDLE [swap|drain|wait]", 1, 2,
     "bring a folder or a tar archive, and put it live (swap)", command_install},
    {"swap", "ID [SHA]", 1, 2, "put a version live, the last one brought; live matches go over",
     command_swap},
    {"drain", "ID [SHA]", 1, 2, "the same, but live matches end on the version they have",
     command_drain},
    {"rollback", "ID [SHA]", 1, 2, "put an earlier version live, the one before", command_rollback},
    {"pardon", "ID SHA", 2, 2, "let a version out of quarantine; `swap` puts it live",
     command_pardon},
    {"disable", "ID", 1, 1, "let no new match begin, and list the game no more", command_disable},
    {"enable", "ID", 1, 1, "take that back", command_enable},
    {"show", "ID", 1, 1, "how a game stands: what is played, the change under way, what died",
     command_show},
    {"workers", "", 0, 0, "the processes that play, and how they do", command_workers},
    {"audit", "[ID]", 0, 1, "who did what to which game, the last fifty", command_audit},
};
#define WORD_COUNT (sizeof words / sizeof words[0])

static enum admin_exit complain_usage(const struct word *word);

int admin_run(const struct settings *settings, int word_count, char **given)
{
    char *operands[ADMIN_WORDS_MAX + 1] = {NULL};
    const struct word *word = NULL;
    for (size_t i = 0; i < WORD_COUNT; i++)
        if (word_count > 0 && strcmp(words[i].name, given[0]) == 0)
            word = &words[i];
    if (!word) {
        (void)admin_complain(ADMIN_WRONG_WORDS, "say what to do with games:");
        admin_help();
        return ADMIN_WRONG_WORDS;
    }
    if (word_count - 1 < word->operands_min || word_count - 1 > word->operands_max)
        return complain_usage(word);
    for (int i = 1; i < word_count; i++)
        operands[i - 1] = given[i];

    struct connection connection;
    enum admin_exit status = connection_open(settings, &connection);
    if (status == ADMIN_DONE)
        status = word->run(&connection, operands);
    connection_close(&connection);
    return status;
}

void admin_help(void)
{
    for (size_t i = 0; i < WORD_COUNT; i++)
        fprintf(stderr, "  transcendence game %-8s %-24s  %s\n", words[i].name, words[i].operands,
                words[i].help);
}

static enum admin_exit complain_usage(const struct word *word)
{
    return admin_complain(ADMIN_WRONG_WORDS, "it is: transcendence game %s %s", word->name,
                          word->operands);
}
