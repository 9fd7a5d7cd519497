/* Memory, descriptors and the process. The child gets an empty environment and three descriptors.
 */
#include "games/worker_process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/process.h"
#include "games/greed.h"
#include "host/sandbox.h"

#define CONTROL_BUFFER_BYTES (1 << 20)

static bool start_probe(void *context, const struct probe_descriptors *descriptors, pid_t *ret_pid);
static bool make_arena(struct worker_process *process, const char *arena_folder);
static void choose_sizes(struct worker_process *process, const struct arena_wish *wish);

struct worker_process *worker_process_create(struct image *image, const char *arena_folder,
                                             const struct arena_wish *wish)
{
    struct worker_process *process = malloc(sizeof *process);
    if (!process)
        return NULL;
    *process = (struct worker_process){.image = image_keep(image), .control = -1, .arena_file = -1};
    choose_sizes(process, wish);
    if (make_arena(process, arena_folder))
        return process;
    log_error("cannot make the arena of a worker", "worker", process->name, "folder", arena_folder,
              "reason", strerror(errno), NULL);
    worker_process_destroy(process);
    return NULL;
}

struct arena_match *worker_process_match(const struct worker_process *process, uint32_t index)
{
    assert(index < process->capacity);
    return arena_match_in(process->arena, &process->sizes, index);
}

enum error worker_process_start(struct worker_process *process,
                                const struct worker_program *program, struct event_base *base,
                                event_callback_fn on_control)
{
    int sockets[2], size = CONTROL_BUFFER_BYTES;
    const int descriptors[] = {process->image->memory, process->arena_file};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets) != 0)
        return ERROR_UNAVAILABLE;
    for (int i = 0; i < 2; i++)
        (void)setsockopt(sockets[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    int cgroup = 0;
    enum error error = worker_group_open(&program->groups, process->image->manifest.id,
                                         process->arena_bytes, &cgroup);
    if (error == OK)
        error = worker_program_start(program, process->name, NULL, cgroup, sockets[1], descriptors,
                                     2, &process->pid);
    if (cgroup > 0)
        close(cgroup);
    close(sockets[1]);
    if (error != OK) {
        process->pid = 0;
        close(sockets[0]);
        return error;
    }
    process->control = sockets[0];
    process->ready = false;
    process->started_ms = process->heard_ms = clock_monotonic_ms();
    memset(&process->heartbeat, 0, sizeof process->heartbeat);
    greed_begin(&process->greed, process->pid, clock_monotonic_ns());
    process->event = event_new(base, process->control, EV_READ | EV_PERSIST, on_control, process);
    if (process->event && event_add(process->event, NULL) == 0)
        return OK;
    (void)worker_process_end(process);
    return ERROR_UNAVAILABLE;
}

enum error worker_program_start(const struct worker_program *program, const char *name,
                                const char *task, int cgroup, int control, const int *descriptors,
                                int count, pid_t *ret_pid)
{
    char user[16], group[16];
    snprintf(user, sizeof user, "%u", program->user);
    snprintf(group, sizeof group, "%u", program->group);
    const char *const words[] = {"transcendence-worker",
                                 name,
                                 program->relaxed ? SANDBOX_RELAXED : SANDBOX_REQUIRE,
                                 user,
                                 group,
                                 task,
                                 NULL};
    char *const environment[] = {NULL};
    struct process_options options = {
        .path = program->path,
        .arguments = (char *const *)(uintptr_t)words,
        .environment = environment,
        .descriptors = {control},
        .descriptor_count = 1 + count,
        .output = -1,
        .cgroup = cgroup,
        .die_with_parent = true,
        .own_group = true,
    };
    for (int i = 0; i < count; i++)
        options.descriptors[1 + i] = descriptors[i];
    return process_start(&options, ret_pid);
}

struct probe_starter worker_program_prober(const struct worker_program *program)
{
    return (struct probe_starter){
        .start = start_probe, .context = (void *)(uintptr_t)program, .stop = -1};
}

static bool start_probe(void *context, const struct probe_descriptors *descriptors, pid_t *ret_pid)
{
    const int files[] = {descriptors->image, descriptors->report};
    const struct worker_program *program = context;
    int cgroup;
    if (worker_group_open(&program->groups, NULL, 0, &cgroup) != OK)
        return false;
    enum error error = worker_program_start(program, "probe", WORKER_PROBE, cgroup,
                                            descriptors->control, files, 2, ret_pid);
    if (cgroup > 0)
        close(cgroup);
    if (error != OK)
        return false;
    greed_put_behind(*ret_pid); /* matches go first */
    return true;
}

bool worker_process_is_dead(const struct worker_process *process)
{
    struct pollfd end = {.fd = pidfd_open(process->pid, 0), .events = POLLIN};
    bool is_dead = end.fd < 0 || poll(&end, 1, WORKER_EXIT_MS_MAX) == 1;
    if (end.fd >= 0)
        close(end.fd);
    return is_dead;
}

int worker_process_end(struct worker_process *process)
{
    int status = 0;
    if (process->event)
        event_free(process->event);
    process->event = NULL;
    process->ready = false;
    greed_end(&process->greed);
    if (process->control >= 0)
        close(process->control);
    process->control = -1;
    if (process->pid > 0) {
        kill(process->pid, SIGKILL); /* harmless for one that is dead and not yet waited for */
        while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    process->pid = 0;
    return status;
}

void worker_process_leave(struct worker_process *process)
{
    (void)worker_process_end(process);
    close(process->arena_file);
    process->arena_file = -1;
    worker_process_destroy(process);
}

void worker_process_destroy(struct worker_process *process)
{
    if (!process)
        return;
    (void)worker_process_end(process);
    if (process->arena)
        munmap(process->arena, process->arena_bytes);
    if (process->arena_file >= 0) {
        close(process->arena_file);
        unlink(process->arena_path);
    }
    image_release(process->image);
    free(process);
}

enum error worker_process_send(struct worker_process *process, enum control_type type,
                               const void *body, uint32_t bytes, int fd)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(int))];
    } ancillary = {.bytes = {0}};
    struct control_head head = {type, bytes};
    struct iovec parts[2] = {{&head, sizeof head}, {(void *)(uintptr_t)body, bytes}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    if (fd >= 0) {
        message.msg_control = ancillary.bytes;
        message.msg_controllen = sizeof ancillary.bytes;
        ancillary.head.cmsg_level = SOL_SOCKET;
        ancillary.head.cmsg_type = SCM_RIGHTS;
        ancillary.head.cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(&ancillary.head), &fd, sizeof fd);
    }
    if (process->control < 0)
        return ERROR_UNAVAILABLE;
    if (sendmsg(process->control, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
        return OK;
    return errno == EAGAIN || errno == ENOBUFS || errno == EINTR ? ERROR_OVERLOADED
                                                                 : ERROR_UNAVAILABLE;
}

enum error worker_process_receive(struct worker_process *process, struct control_head *ret_head,
                                  uint8_t *ret_body)
{
    struct control_head head;
    struct iovec parts[2] = {{&head, sizeof head}, {ret_body, CONTROL_BYTES_MAX}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t got = recvmsg(process->control, &message, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return ERROR_TIMED_OUT;
    if (got <= 0)
        return ERROR_UNAVAILABLE;
    if ((size_t)got < sizeof head || head.bytes != (size_t)got - sizeof head)
        return ERROR_BAD_REQUEST;
    *ret_head = head;
    return OK;
}

static void choose_sizes(struct worker_process *process, const struct arena_wish *wish)
{
    struct arena_head *sizes = &process->sizes;
    uint32_t journal_bytes = wish->journal_bytes ? wish->journal_bytes : ARENA_JOURNAL_BYTES;
    uint64_t fitting;
    for (;; journal_bytes /= 2) {
        arena_head_init(sizes, &process->image->manifest, process->image->sha, wish->capacity,
                        wish->import_bytes, journal_bytes);
        fitting = (WORKER_ARENA_BYTES_MAX - sizeof *sizes) / sizes->match_bytes;
        if (fitting >= wish->needed || journal_bytes == ARENA_JOURNAL_BYTES)
            break;
    }
    if (fitting < wish->capacity)
        sizes->match_count = (uint32_t)fitting;
    process->capacity = sizes->match_count;
    process->arena_bytes = arena_file_bytes(sizes);
}

static bool make_arena(struct worker_process *process, const char *arena_folder)
{
    static unsigned counter;
    do { /* those of an earlier run may still be there */
        snprintf(process->name, sizeof process->name, "%s-%.8s-%u", process->image->manifest.id,
                 process->image->sha_text, ++counter);
        snprintf(process->arena_path, sizeof process->arena_path, "%s/%s.arena", arena_folder,
                 process->name);
        process->arena_file =
            open(process->arena_path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    } while (process->arena_file < 0 && errno == EEXIST);
    if (process->arena_file < 0 || ftruncate(process->arena_file, (off_t)process->arena_bytes) != 0)
        return false;
    void *arena = mmap(NULL, process->arena_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
                       process->arena_file, 0);
    if (arena == MAP_FAILED)
        return false;
    memcpy(arena, &process->sizes, sizeof process->sizes);
    process->arena = arena;
    return true;
}
