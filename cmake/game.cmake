# add_game(NAME SOURCES...): builds a game as a freestanding shared object and lays its bundle
# (game.so, game.json, client/) into <build>/plugins.d/NAME.
function(add_game name)
    set(bundle ${CMAKE_BINARY_DIR}/plugins.d/${name})
    add_library(game_${name} MODULE ${ARGN})
    set_target_properties(game_${name} PROPERTIES PREFIX "" OUTPUT_NAME game SUFFIX .so
        LIBRARY_OUTPUT_DIRECTORY ${bundle} C_EXTENSIONS OFF)
    target_include_directories(game_${name} PRIVATE ${CMAKE_SOURCE_DIR}/sdk/include)
    target_compile_options(game_${name} PRIVATE -std=c17 -O2 -Wall -Wextra -Wpedantic -Werror
        -ffreestanding -fvisibility=hidden -ffp-contract=off -fno-stack-protector
        -fno-asynchronous-unwind-tables)
    target_link_options(game_${name} PRIVATE -nostdlib -nostartfiles -Wl,-z,defs,-z,now,-z,relro
        -Wl,-z,noexecstack -Wl,--build-id=none)
    add_custom_command(TARGET game_${name} POST_BUILD
        COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_SOURCE_DIR}/game.json ${bundle}/game.json
        COMMAND ${CMAKE_COMMAND} -E rm -rf ${bundle}/client
        COMMAND ${CMAKE_COMMAND} -E copy_directory ${CMAKE_CURRENT_SOURCE_DIR}/client ${bundle}/client)
endfunction()
