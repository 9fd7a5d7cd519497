/* Memory of a request; the sanitizers watch what the arena hands out and that nothing is left. */
#include "core/arena.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "promises.h"

static void test_arena_memory_is_zeroed_aligned_and_apart(void)
{
    struct arena *arena = arena_create();
    unsigned char *pieces[500];
    for (size_t i = 0; i < 500; i++) {
        size_t bytes = i * 37 % 3000;
        pieces[i] = arena_alloc(arena, bytes);
        CU_ASSERT_EQUAL((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        for (size_t b = 0; b < bytes; b++)
            CU_ASSERT_FATAL(pieces[i][b] == 0);
        memset(pieces[i], (int)(i % 255) + 1, bytes);
    }
    for (size_t i = 0; i < 500; i++)
        for (size_t b = 0; b < i * 37 % 3000; b++)
            CU_ASSERT_FATAL(pieces[i][b] == i % 255 + 1);
    arena_destroy(arena);
    arena_destroy(NULL);
}

static void test_arena_gives_a_large_piece(void)
{
    struct arena *arena = arena_create();
    char *large = arena_alloc(arena, 1u << 20);
    large[(1u << 20) - 1] = 1;
    CU_ASSERT_STRING_EQUAL(arena_strdup(arena, "behind"), "behind");
    arena_destroy(arena);
}

static void test_arena_copies_texts(void)
{
    struct arena *arena = arena_create();
    CU_ASSERT_STRING_EQUAL(arena_strdup(arena, ""), "");
    CU_ASSERT_STRING_EQUAL(arena_strndup(arena, "abcdef", 3), "abc");
    CU_ASSERT_STRING_EQUAL(arena_strndup(arena, "ab", 100), "ab");
    CU_ASSERT_STRING_EQUAL(arena_printf(arena, "%s-%05d", "x", 42), "x-00042");
    arena_destroy(arena);
}

/* In a child, as the process ends. */
static int signal_of(void (*deed)(void))
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        close(STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        deed();
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void fill_up(void)
{
    struct arena *arena = arena_create();
    for (size_t i = 0; i < ARENA_BYTES_MAX / 1000 + 100; i++)
        arena_alloc(arena, 1000);
}

static void ask_for_the_world(void)
{
    arena_alloc(arena_create(), SIZE_MAX - 8);
}

static void test_arena_past_its_limit_ends_the_process(void)
{
    CU_ASSERT_EQUAL(signal_of(fill_up), SIGABRT);
    CU_ASSERT_EQUAL(signal_of(ask_for_the_world), SIGABRT);
}

static CU_TestInfo promises[] = {
    PROMISE(test_arena_memory_is_zeroed_aligned_and_apart),
    PROMISE(test_arena_gives_a_large_piece),
    PROMISE(test_arena_copies_texts),
    PROMISE(test_arena_past_its_limit_ends_the_process),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("core/arena", promises);
}
