# The flags of our own programs: the libraries strict, with the sanitizers of SANITIZE, and
# strict_plain, without. Games have flags of their own (gamekit_game.cmake). A bounded snprintf that
# may cut is how we bound text, so the compiler need not warn of it; clang warns of a zero that is left out
# in a macro of libseccomp's.
set(SANITIZE "" CACHE STRING "sanitizers for everything but the games, as for -fsanitize=")

add_library(strict_plain INTERFACE)
target_compile_options(strict_plain INTERFACE -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes
    -Wmissing-prototypes -Wpointer-arith -Wvla -Wformat=2 -fno-common -fno-omit-frame-pointer
    -fstack-protector-strong $<$<C_COMPILER_ID:GNU>:-Wno-format-truncation>
    $<$<C_COMPILER_ID:Clang>:-Wno-missing-field-initializers>)
target_compile_definitions(strict_plain INTERFACE _GNU_SOURCE)
target_link_options(strict_plain INTERFACE -Wl,-z,now,-z,relro,--as-needed)

add_library(strict INTERFACE)
target_link_libraries(strict INTERFACE strict_plain)
if(SANITIZE)
    target_compile_options(strict INTERFACE -fsanitize=${SANITIZE} -fno-sanitize-recover=undefined)
    target_link_options(strict INTERFACE -fsanitize=${SANITIZE})
else()
    target_compile_options(strict INTERFACE -D_FORTIFY_SOURCE=2)
endif()
