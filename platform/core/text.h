/* Judging text that a stranger sent. Pure functions, any thread. */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* Well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool text_is_utf8(const char *text);
/* C0, DEL or C1; with `multiline`, \n and \t are allowed. `text` is UTF-8. */
bool text_has_control_character(const char *text, bool multiline);
/* Code points. `text` is UTF-8. */
int64_t text_characters(const char *text);

#endif
