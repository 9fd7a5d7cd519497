/* memory.h as a game has it, freestanding, under names that do not hide those of the C library. */
#define memcpy  game_memcpy
#define memmove game_memmove
#define memset  game_memset
#define memcmp  game_memcmp
#include <gamekit/memory.h>
