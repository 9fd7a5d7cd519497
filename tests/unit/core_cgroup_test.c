/* Control groups on a folder of plain files that looks like one: what is read, what is written,
 * what is refused; and a child that begins in its group. */
#include "core/cgroup.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/process.h"
#include "promises.h"

#define TEXT_BYTES 256

static char root[PATH_MAX], reason[CGROUP_REASON_BYTES];

static const char *in(const char *folder, const char *name)
{
    static char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/%s%s%s", root, folder, folder[0] ? "/" : "", name);
    return path;
}

static void put(const char *folder, const char *name, const char *text)
{
    if (folder[0])
        (void)mkdir(in("", folder), 0755);
    FILE *file = fopen(in(folder, name), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static const char *text_of(const char *folder, const char *name)
{
    static char text[TEXT_BYTES];
    FILE *file = fopen(in(folder, name), "r");
    size_t got = file ? fread(text, 1, sizeof text - 1, file) : 0;
    text[got] = '\0';
    if (file)
        fclose(file);
    return text;
}

/* A group as the kernel makes it. */
static void put_group(const char *name)
{
    static const char *const files[] = {"cpu.weight", "memory.max", "pids.max", "cgroup.procs"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        put(name, files[i], "");
}

static void make_root(const char *controllers, const char *divided, const char *processes)
{
    snprintf(root, sizeof root, "/tmp/cgroup-test-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(root));
    put("", "cgroup.controllers", controllers);
    put("", "cgroup.subtree_control", divided);
    put("", "cgroup.procs", processes);
    put("", "cgroup.type", "domain\n");
}

static void remove_root(void)
{
    char command[PATH_MAX + 16];
    snprintf(command, sizeof command, "rm -r %s", root);
    CU_ASSERT_EQUAL(system(command), 0);
}

static void test_divide_leaves_a_folder_alone_that_is_ready(void)
{
    make_root("cpuset cpu io memory pids\n", "cpu memory pids\n", "1\n2\n");
    CU_ASSERT_EQUAL(cgroup_divide(root, reason), OK);
    CU_ASSERT_STRING_EQUAL(text_of("", "cgroup.subtree_control"), "cpu memory pids\n");
    remove_root();
}

static void test_divide_hands_controllers_down(void)
{
    make_root("cpu memory pids\n", "\n", "");
    CU_ASSERT_EQUAL(cgroup_divide(root, reason), OK);
    CU_ASSERT_STRING_EQUAL(text_of("", "cgroup.subtree_control"), "+cpu +memory +pids");
    remove_root();
}

static void test_divide_moves_us_out_when_we_are_alone(void)
{
    char own[32];
    snprintf(own, sizeof own, "%d\n", (int)getpid());
    make_root("cpu memory pids\n", "memory\n", own);
    put_group(CGROUP_OWN);
    CU_ASSERT_EQUAL(cgroup_divide(root, reason), OK);
    CU_ASSERT_STRING_EQUAL(text_of(CGROUP_OWN, "cgroup.procs"), own);
    CU_ASSERT_STRING_EQUAL(text_of("", "cgroup.subtree_control"), "+cpu +memory +pids");
    remove_root();
}

static void test_divide_does_not_move_others(void)
{
    char processes[64];
    snprintf(processes, sizeof processes, "1\n%d\n", (int)getpid());
    make_root("cpu memory pids\n", "\n", processes);
    CU_ASSERT_EQUAL(cgroup_divide(root, reason), ERROR_UNAVAILABLE);
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, "processes that are not ours to move"));
    CU_ASSERT_STRING_EQUAL(text_of("", "cgroup.subtree_control"), "\n");
    remove_root();
}

static void test_divide_names_the_controller_that_is_missing(void)
{
    static const struct {
        const char *controllers, *missing;
    } cases[] = {{"cpu memory\n", "pids"},
                 {"cpuset memory pids\n", "cpu"},
                 {"hugetlb\n", "cpu"},
                 {"cpu pids memoryless\n", "memory"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char sentence[64];
        snprintf(sentence, sizeof sentence, "has not the controller %s", cases[i].missing);
        make_root(cases[i].controllers, "", "");
        CU_ASSERT_EQUAL(cgroup_divide(root, reason), ERROR_UNAVAILABLE);
        CU_ASSERT_PTR_NOT_NULL(strstr(reason, sentence));
        remove_root();
    }
}

static void test_divide_refuses_what_is_no_group(void)
{
    CU_ASSERT_EQUAL(cgroup_divide("/nowhere", reason), ERROR_UNAVAILABLE);
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, "/nowhere is no cgroup v2 folder"));
}

static void test_open_sets_every_limit(void)
{
    const struct cgroup_limits limits = {.weight = 50, .memory_bytes = 7 << 20, .processes = 9};
    int descriptor = -1;
    make_root("cpu memory pids\n", "cpu memory pids\n", "");
    put_group("game-x");
    put("game-x", "memory.swap.max", "max");
    CU_ASSERT_EQUAL(cgroup_open(root, "game-x", &limits, &descriptor, reason), OK);
    CU_ASSERT_STRING_EQUAL(text_of("game-x", "cpu.weight"), "50");
    CU_ASSERT_STRING_EQUAL(text_of("game-x", "memory.max"), "7340032");
    CU_ASSERT_STRING_EQUAL(text_of("game-x", "memory.swap.max"), "0");
    CU_ASSERT_STRING_EQUAL(text_of("game-x", "pids.max"), "9");
    CU_ASSERT(descriptor >= 0);
    close(descriptor);
    remove_root();
}

static void test_open_refuses_a_group_without_limits(void)
{
    const struct cgroup_limits limits = {.weight = 50, .memory_bytes = 7 << 20, .processes = 9};
    int descriptor = -1;
    make_root("cpu memory pids\n", "cpu memory pids\n", "");
    CU_ASSERT_EQUAL(cgroup_open(root, "game-x", &limits, &descriptor, reason), ERROR_UNAVAILABLE);
    CU_ASSERT_PTR_NOT_NULL(strstr(reason, "takes no limits"));
    CU_ASSERT_EQUAL(descriptor, -1);
    remove_root();
}

static void test_sweep_removes_empty_groups_of_its_prefix(void)
{
    make_root("cpu memory pids\n", "cpu memory pids\n", "");
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(mkdir(in("", i ? "game-gone" : "others"), 0755), 0);
    }
    put_group("game-here");
    cgroup_sweep(root, "game-");
    CU_ASSERT_NOT_EQUAL(access(in("", "game-gone"), F_OK), 0);
    CU_ASSERT_EQUAL(access(in("", "others"), F_OK), 0);
    CU_ASSERT_EQUAL(access(in("", "game-here"), F_OK), 0);
    cgroup_sweep("/nowhere", "game-");
    remove_root();
}

/* Starts a shell with this descriptor of a cgroup.procs; what it prints. */
static const char *child_in(int cgroup, const char *script)
{
    static char output[1024];
    char *const arguments[] = {"sh", "-c", (char *)(uintptr_t)script, NULL};
    char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    int pipe_ends[2];
    pid_t child;
    CU_ASSERT_EQUAL_FATAL(pipe2(pipe_ends, O_CLOEXEC), 0);
    const struct process_options options = {.path = "/bin/sh",
                                            .arguments = arguments,
                                            .environment = environment,
                                            .output = pipe_ends[1],
                                            .cgroup = cgroup};
    CU_ASSERT_EQUAL_FATAL(process_start(&options, &child), OK);
    close(pipe_ends[1]);
    size_t used = 0;
    for (ssize_t got; (got = read(pipe_ends[0], output + used, sizeof output - 1 - used)) > 0;)
        used += (size_t)got;
    output[used] = '\0';
    close(pipe_ends[0]);
    waitpid(child, NULL, 0);
    return output;
}

static void test_a_child_writes_itself_into_its_group(void)
{
    make_root("", "", "");
    put("group", "cgroup.procs", "");
    int descriptor = open(in("group", "cgroup.procs"), O_WRONLY | O_CLOEXEC);
    CU_ASSERT_STRING_EQUAL(child_in(descriptor, "echo hello"), "hello\n");
    CU_ASSERT_STRING_EQUAL(text_of("group", "cgroup.procs"), "0");
    close(descriptor);
    remove_root();
}

/* Where this machine lets us make a group, whatever controllers it has. */
static void test_a_child_is_in_its_group_for_real(void)
{
    char own[CGROUP_PATH_BYTES], line[64];
    if (cgroup_own(own, reason) != OK) {
        CU_PASS("there is no cgroup v2 here");
        return;
    }
    snprintf(root, sizeof root, "%s/test-%d", own, (int)getpid());
    if (mkdir(root, 0755) != 0) {
        CU_PASS("no group may be made here");
        return;
    }
    int descriptor = open(in("", "cgroup.procs"), O_WRONLY | O_CLOEXEC);
    snprintf(line, sizeof line, "/test-%d\n", (int)getpid());
    const char *said = child_in(descriptor, "grep ^0:: /proc/self/cgroup");
    CU_ASSERT_PTR_NOT_NULL(strstr(said, line));
    close(descriptor);
    CU_ASSERT_EQUAL(rmdir(root), 0);
}

static CU_TestInfo promises[] = {
    PROMISE(test_divide_leaves_a_folder_alone_that_is_ready),
    PROMISE(test_divide_hands_controllers_down),
    PROMISE(test_divide_moves_us_out_when_we_are_alone),
    PROMISE(test_divide_does_not_move_others),
    PROMISE(test_divide_names_the_controller_that_is_missing),
    PROMISE(test_divide_refuses_what_is_no_group),
    PROMISE(test_open_sets_every_limit),
    PROMISE(test_open_refuses_a_group_without_limits),
    PROMISE(test_sweep_removes_empty_groups_of_its_prefix),
    PROMISE(test_a_child_writes_itself_into_its_group),
    PROMISE(test_a_child_is_in_its_group_for_real),
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return keep_promises("core_cgroup", promises);
}
