/* Where the tool's own files are: beside the folder bin/ that it was started from, be it installed
 * or in a build folder (sdk/cmake/install.cmake makes both alike). Any thread. */
#ifndef TOOL_PREFIX_H
#define TOOL_PREFIX_H

#include <limits.h>
#include <stdbool.h>

/* The path of what is `below` the prefix, "share/gamekit/template" for example. False, with a
 * sentence on standard error, when nothing is there. */
bool prefix_path(const char *below, char ret_path[PATH_MAX]);

#endif
