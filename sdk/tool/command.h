/*
 * The commands of the tool. Each is one file with one function that gets the arguments behind the
 * command's name and returns the exit status of the program. Texts for the author go to standard
 * output, complaints to standard error.
 */
#ifndef TOOL_COMMAND_H
#define TOOL_COMMAND_H

enum command_status {
    COMMAND_FINE = 0,
    COMMAND_FAULT = 1,   /* the game, or the file, is not as it should be: the author mends it */
    COMMAND_USAGE = 2,   /* the command line is wrong */
    COMMAND_MACHINE = 3, /* something that the command needs is not here */
};

#define COMMAND(name, arguments, what)                                                             \
    enum command_status command_##name(int argument_count, char **arguments_given);
#include "tool/commands.def"
#undef COMMAND

#endif
