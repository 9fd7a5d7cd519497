# The games of this repository: built as any author's (sdk/cmake/gamekit_game.cmake), with each
# warning an error (games/CMakeLists.txt), and the tests that all of them share.
set(GAMEKIT_INCLUDE_DIR ${CMAKE_SOURCE_DIR}/sdk/include)
include(${CMAKE_SOURCE_DIR}/sdk/cmake/gamekit_game.cmake)

# game_image_test(NAME): ctest NAME_image, the built files are such that a host accepts them.
function(game_image_test name)
    add_test(NAME ${name}_image COMMAND gamekit_tool check ${CMAKE_BINARY_DIR}/plugins.d/${name})
endfunction()

# game_portable_test(NAME SOURCES...): ctest NAME_portable, the rules compile with clang and as
# WebAssembly; skipped where these are not installed. Sources are those of the folder above.
function(game_portable_test name)
    list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/../)
    set(flags ${GAMEKIT_COMPILE_OPTIONS} ${GAMEKIT_WARNINGS} -Werror -I ${GAMEKIT_INCLUDE_DIR})
    list(JOIN flags " " flags)
    list(JOIN GAMEKIT_WASM_OPTIONS " " wasm)
    set(native ${GAMEKIT_NATIVE_OPTIONS} ${GAMEKIT_LINK_OPTIONS})
    list(JOIN native " " native)
    add_test(NAME ${name}_portable COMMAND ${CMAKE_SOURCE_DIR}/sdk/tests/portable.sh
        ${CMAKE_CURRENT_BINARY_DIR}/portable "${flags} ${native}" "${flags} ${wasm}" ${ARGN})
    set_tests_properties(${name}_portable PROPERTIES SKIP_RETURN_CODE 77)
endfunction()
