/* The only place that reads a clock. Whoever decides by time takes the time as an argument. */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

int64_t clock_monotonic_ns(void);
int64_t clock_monotonic_ms(void);
int64_t clock_unix_ms(void); /* wall clock, milliseconds since 1970 UTC */

#define CLOCK_RFC3339_BYTES 25 /* "2026-01-02T03:04:05.678Z" and the zero */
void clock_rfc3339(int64_t unix_ms, char ret_text[CLOCK_RFC3339_BYTES]);
/* The reverse, of exactly that form. False for anything else. */
bool clock_parse_rfc3339(const char *text, int64_t *ret_unix_ms);

#endif
