/*
 * The names of a new game, all made of the one that the author gives, and how they come into the
 * files of the template: there the game is called "template", "Template" and "TEMPLATE". Pure.
 */
#ifndef TOOL_NAME_H
#define TOOL_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define NAME_BYTES 32 /* of the manifest's id, with its zero */

struct game_names {
    char id[NAME_BYTES];    /* "star-catch": of the manifest, the folder and the files */
    char title[NAME_BYTES]; /* "Star catch" */
    char macro[NAME_BYTES]; /* "STAR_CATCH": of include guards */
};

/* False when `given` is no id that a host takes, or one that the files of the template leave no
 * room for; `ret_complaint` is then a sentence, a constant. */
bool game_names_of(const char *given, struct game_names *ret_names, const char **ret_complaint);

/* `text` with the names in the place of the template's; the caller frees it. NULL: no memory. */
char *game_names_put(const struct game_names *names, const char *text, size_t bytes,
                     size_t *ret_bytes);

#endif
