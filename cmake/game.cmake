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
    # The files beside the rules have a stamp of their own: they change without the rules.
    file(GLOB_RECURSE files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/client/*)
    add_custom_command(OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/bundle.stamp
        COMMAND ${CMAKE_COMMAND} -E make_directory ${bundle}
        COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_SOURCE_DIR}/game.json ${bundle}/game.json
        COMMAND ${CMAKE_COMMAND} -E rm -rf ${bundle}/client
        COMMAND ${CMAKE_COMMAND} -E copy_directory ${CMAKE_CURRENT_SOURCE_DIR}/client ${bundle}/client
        COMMAND ${CMAKE_COMMAND} -E touch ${CMAKE_CURRENT_BINARY_DIR}/bundle.stamp
        DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/game.json ${files} VERBATIM)
    add_custom_target(bundle_${name} ALL DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/bundle.stamp)
    if(NOT TARGET bundles)
        add_custom_target(bundles)
    endif()
    add_dependencies(bundles game_${name} bundle_${name})
endfunction()

# game_image_test(NAME): ctest NAME_image, the built image is one that a host accepts.
function(game_image_test name)
    add_test(NAME ${name}_image
        COMMAND ${CMAKE_SOURCE_DIR}/sdk/tests/image.sh $<TARGET_FILE:game_${name}>)
endfunction()

# game_portable_test(NAME SOURCES...): ctest NAME_portable, the rules compile with clang and as
# WebAssembly; skipped where these are not installed. Sources are those of the folder above.
function(game_portable_test name)
    list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/../)
    add_test(NAME ${name}_portable COMMAND ${CMAKE_SOURCE_DIR}/sdk/tests/portable.sh
        ${CMAKE_SOURCE_DIR}/sdk/include ${CMAKE_CURRENT_BINARY_DIR}/portable ${ARGN})
    set_tests_properties(${name}_portable PROPERTIES SKIP_RETURN_CODE 77)
endfunction()

# game_client_tests(NAME): ctest NAME_client, the client's tests/*.test.mjs by node.
function(game_client_tests name)
    find_program(NODE node)
    if(NODE)
        file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.test.mjs)
        add_test(NAME ${name}_client COMMAND ${NODE} --no-warnings --test ${tests})
    endif()
endfunction()
