/* Letters, and nothing of files. */
#include "tool/name.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyz"

struct replacement {
    const char *from, *to;
};

static const struct replacement *replacement_at(const struct replacement *all, const char *text,
                                                size_t bytes);

bool game_names_of(const char *given, struct game_names *ret_names, const char **ret_complaint)
{
    struct game_names names = {.id = ""};
    size_t length = strlen(given);
    *ret_complaint = NULL;
    if (length == 0 || !strchr(LETTERS, given[0]) || given[strspn(given, LETTERS "0123456789-")])
        *ret_complaint = "a name is made of small letters, digits and dashes, and begins with a "
                         "letter";
    else if (length >= NAME_BYTES)
        *ret_complaint = "a name has at most 31 characters";
    else if (strcmp(given, "bot") == 0)
        *ret_complaint = "the template has a file of this name already";
    if (*ret_complaint)
        return false;
    for (size_t i = 0; i < length; i++) {
        bool is_dash = given[i] == '-';
        names.id[i] = given[i];
        names.title[i] = is_dash ? ' ' : i == 0 ? (char)toupper(given[i]) : given[i];
        names.macro[i] = is_dash ? '_' : (char)toupper(given[i]);
    }
    *ret_names = names;
    return true;
}

char *game_names_put(const struct game_names *names, const char *text, size_t bytes,
                     size_t *ret_bytes)
{
    const struct replacement all[] = {
        {"template", names->id}, {"Template", names->title}, {"TEMPLATE", names->macro}, {0}};
    char *out = malloc(bytes * NAME_BYTES / strlen("template") + 1), *to = out;
    if (!out)
        return NULL;
    for (size_t at = 0; at < bytes;) {
        const struct replacement *found = replacement_at(all, text + at, bytes - at);
        if (found) {
            memcpy(to, found->to, strlen(found->to));
            to += strlen(found->to);
            at += strlen(found->from);
        } else {
            *to++ = text[at++];
        }
    }
    *to = '\0';
    *ret_bytes = (size_t)(to - out);
    return out;
}

static const struct replacement *replacement_at(const struct replacement *all, const char *text,
                                                size_t bytes)
{
    for (; all->from; all++)
        if (strlen(all->from) <= bytes && strncmp(text, all->from, strlen(all->from)) == 0)
            return all;
    return NULL;
}
