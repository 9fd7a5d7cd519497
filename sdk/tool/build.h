/*
 * Building a game's folder: CMake and the installed package do it (find_package(gamekit),
 * gamekit_add_game), so that the flags are the same with and without the tool. Everything that is
 * made lies in FOLDER/build. Blocking, about a second at first, a fifth of one when little changed.
 */
#ifndef TOOL_BUILD_H
#define TOOL_BUILD_H

#include <limits.h>

#include "tool/command.h"

struct build {
    char bundle[PATH_MAX]; /* FOLDER/build/plugins.d/ID: game.so, game.json, client/, and game.wasm
                              where clang and wasm-ld are here */
    char *output;          /* owned: the compiler's words, or a sentence; NULL: nothing to say */
};

/* COMMAND_FINE; COMMAND_FAULT: `output` says what is wrong with the game; COMMAND_MACHINE: `output`
 * is a sentence that says what is missing. The paths are set when it is fine. Always to be given to
 * build_finish. */
enum command_status build_game(const char *folder, struct build *ret_build);
void build_finish(struct build *build);

/* Then makes another target of the folder, "fuzz" for example. */
enum command_status build_target(const char *folder, const char *target, struct build *build);

/* To standard error, ending with a new line. */
void build_show_output(const struct build *build);

/* What is for the author in what the generator of a build printed: without its own words around the
 * compiler's; all of it when it has no others. Changes `output` in place. Pure. */
void build_output_clean(char *output);

#endif
