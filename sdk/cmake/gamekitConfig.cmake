# find_package(gamekit): gamekit_add_game and its tests, and the headers as gamekit::gamekit. Lies in
# PREFIX/share/cmake/gamekit, wherever PREFIX is.
get_filename_component(gamekit_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
set(GAMEKIT_INCLUDE_DIR ${gamekit_prefix}/include)
if(NOT TARGET gamekit::gamekit)
    add_library(gamekit::gamekit INTERFACE IMPORTED)
    set_target_properties(gamekit::gamekit PROPERTIES
        INTERFACE_INCLUDE_DIRECTORIES ${GAMEKIT_INCLUDE_DIR})
endif()
include(${CMAKE_CURRENT_LIST_DIR}/gamekit_game.cmake)
