/*
 * Every function of the companions over a sweep of numbers, hashed: built by several compilers for
 * several machines (same_bits.sh), all must give the same hash. What is added here changes it.
 */
#include <gamekit/bytes.h>
#include <gamekit/floats.h>
#include <gamekit/maths.h>
#include <gamekit/memory.h>
#include <gamekit/random.h>

#define STEPS 100000

struct sweep {
    struct gk_random random;
    uint64_t hash;
};

static void add(struct sweep *sweep, uint64_t value)
{
    for (int i = 0; i < 64; i += 8)
        sweep->hash = (sweep->hash ^ (value >> i & 0xff)) * 0x100000001b3u; /* FNV-1a */
}

static void add_float(struct sweep *sweep, float value)
{
    union {
        float value;
        uint32_t bits;
    } pun = {value};
    add(sweep, pun.bits);
}

/* Any bits at all, infinities and NaNs among them; or of the size that games have. */
static float any_float(struct sweep *sweep)
{
    union {
        uint32_t bits;
        float value;
    } pun = {gk_random_next(&sweep->random)};
    if (gk_random_below(&sweep->random, 2))
        pun.value = (float)gk_random_between(&sweep->random, -1000000, 1000000) / 1024.0f;
    return pun.value;
}

static void sweep_whole_numbers(struct sweep *sweep)
{
    struct gk_random *random = &sweep->random;
    int32_t a = (int32_t)(gk_random_next(random) >> gk_random_below(random, 32));
    int32_t b = gk_random_between(random, INT32_MIN, INT32_MAX);
    uint16_t angle = (uint16_t)gk_random_next(random), other = (uint16_t)gk_random_next(random);
    add(sweep, (uint32_t)gk_fixed_mul(a, b));
    add(sweep, (uint32_t)gk_fixed_div(b, a));
    add(sweep, (uint32_t)gk_fixed_sqrt(a));
    add(sweep, gk_sqrt((uint64_t)(uint32_t)b << 32 | (uint32_t)a));
    add(sweep, (uint32_t)gk_sin(angle));
    add(sweep, (uint32_t)gk_cos(angle));
    add(sweep, gk_atan2(a, b));
    add(sweep, (uint32_t)gk_length(a, b));
    add(sweep, (uint32_t)gk_lerp(a, b, angle));
    add(sweep, (uint32_t)gk_angle_difference(angle, other));
    add(sweep, gk_angle_towards(angle, other, 1000));
}

static void sweep_floats(struct sweep *sweep)
{
    float x = any_float(sweep), y = any_float(sweep);
    add_float(sweep, gk_sinf(x));
    add_float(sweep, gk_cosf(x));
    add_float(sweep, gk_tanf(x));
    add_float(sweep, gk_atan2f(x, y));
    add_float(sweep, gk_sqrtf(x));
    add_float(sweep, gk_hypotf(x, y));
    add_float(sweep, gk_fmodf(x, y));
    add_float(sweep, gk_wrapf(x, y));
    add_float(sweep, gk_floorf(x));
    add_float(sweep, gk_ceilf(x));
    add_float(sweep, gk_roundf(x));
    add_float(sweep, gk_truncf(x));
    add_float(sweep, gk_lerpf(x, y, 0.3f));
    add_float(sweep, gk_minf(x, y));
    add_float(sweep, gk_maxf(x, y));
    add_float(sweep, gk_absf(x));
    add(sweep, (uint32_t)gk_float_to_int(x));
    add(sweep, (uint32_t)gk_float_to_fixed(y));
    /* What a game writes itself, and a compiler that may would fuse. */
    add_float(sweep, gk_numberf(x * y + 1.0f));
    add_float(sweep, gk_numberf(0.1f * x - 0.3f * y));
}

static void sweep_bytes(struct sweep *sweep)
{
    uint8_t bytes[16], copy[16];
    struct gk_writer writer = gk_writer_of(bytes, sizeof bytes);
    gk_write_number(&writer, (int32_t)gk_random_next(&sweep->random));
    gk_write_f32(&writer, any_float(sweep));
    memset(copy, 0, sizeof copy);
    memcpy(copy, bytes, writer.used);
    struct gk_reader reader = gk_reader_of(copy, sizeof copy);
    add(sweep, gk_read_u64(&reader));
    add(sweep, gk_read_u64(&reader));
}

__attribute__((visibility("default"))) uint64_t sweep(void)
{
    struct sweep sweep = {{0, 0}, 0xcbf29ce484222325u};
    gk_random_seed(&sweep.random, 1, 1);
    for (uint32_t angle = 0; angle < 65536; angle++)
        add(&sweep, gk_atan2(gk_sin((uint16_t)angle), gk_cos((uint16_t)angle)));
    for (int i = 0; i < STEPS; i++) {
        sweep_whole_numbers(&sweep);
        sweep_floats(&sweep);
        sweep_bytes(&sweep);
    }
    return sweep.hash;
}

#ifndef __wasm__
static void write_hash(char *ret_text, uint64_t hash)
{
    for (int i = 15; i >= 0; i--, hash >>= 4)
        ret_text[i] = "0123456789abcdef"[hash & 15];
    ret_text[16] = '\n';
}
#endif

#if defined(__aarch64__) && defined(WITHOUT_LIBC)
/* Its own program: write(1, text, 17), exit(0). */
void _start(void)
{
    char text[17];
    write_hash(text, sweep());
    register long number __asm__("x8") = 64, file __asm__("x0") = 1, bytes __asm__("x2") = 17;
    register char *from __asm__("x1") = text;
    __asm__ volatile("svc 0" : "+r"(file) : "r"(number), "r"(from), "r"(bytes) : "memory");
    number = 93;
    file = 0;
    __asm__ volatile("svc 0" : : "r"(number), "r"(file));
    __builtin_unreachable();
}
#elif !defined(__wasm__)
extern long write(int file, const void *bytes, unsigned long count);

int main(void)
{
    char text[17];
    write_hash(text, sweep());
    return write(1, text, sizeof text) == sizeof text ? 0 : 1;
}
#endif
